// Messages between the extension and the server that are not part of LSP. `editors/PROTOCOL.md`
// documents them.

import * as vscode from 'vscode';
import {
  type CodeActionParams,
  type ExecuteCommandParams,
  type Location,
  NotificationType0,
  type Range,
  RequestType,
  RequestType0,
  type WorkspaceEdit,
} from 'vscode-languageclient/node';

export const ImagesRequest = new RequestType0<ImagesResult, void>('imageScripts/images');

export const ImagesAtRequest = new RequestType<CodeActionParams, ImagesAtResult | null, void>('imageScripts/imagesAt');

export const RuleDocumentationRequest = new RequestType<{ code: string }, string | null, void>(
  'imageScripts/ruleDocumentation',
);

export const BumpValuesRequest = new RequestType<{ root: string; name: string }, BumpValues, void>(
  'imageScripts/bumpValues',
);

/** Returns the overview of a checkout, as HTML. */
export const OverviewRequest = new RequestType<{ root: string; nonce: string }, string, void>('imageScripts/overview');

export const OpenValuesRequest = new RequestType0<OpenValuesResult, void>('imageScripts/openValues');

/** Returns the edit that records a value as right. */
export const ConfirmValueRequest = new RequestType<
  { root: string } & Pick<OpenValue, 'image' | 'name' | 'exact'>,
  WorkspaceEdit | null,
  void
>('imageScripts/confirmValue');

/** Returns what an image does to its container, and how it differs from another one. */
export const PolicyRequest = new RequestType<
  { root: string; image: string; other?: string },
  PolicyResult | null,
  void
>('imageScripts/policy');

/** Returns what an image's build generates; null if there is no such image, or no `build.sh`. */
export const RenderRequest = new RequestType<{ root: string; image: string }, RenderReport | null, void>(
  'imageScripts/render',
);

/** Returns why tests failed; null if it is no log of a test. */
export const TriageRequest = new RequestType<TriageQuery, TriageResult | null, void>('imageScripts/triage');

/** Scheme of the documents with a rule's documentation. */
export const RULE_SCHEME = 'image-scripts-rule';

export const ImagesChangedNotification = new NotificationType0('imageScripts/imagesChanged');

export const ExecuteCommandRequest = new RequestType<ExecuteCommandParams, ChangeReport, void>(
  'workspace/executeCommand',
);

/** Commands of the server for which the extension asks for arguments and confirmation first. */
export const SERVER_COMMANDS = {
  newImage: 'imageScripts.newImage',
  retireImage: 'imageScripts.retireImage',
  renameImage: 'imageScripts.renameImage',
  bumpImage: 'imageScripts.bumpImage',
  newBuilder: 'imageScripts.newBuilder',
} as const;

/** Commands of code lenses and code actions, which the extension carries out. */
export const CLIENT_COMMANDS = {
  runTest: 'imageScripts.runTest',
  showContainerScript: 'imageScripts.showContainerScript',
  showReferences: 'imageScripts.showReferences',
  explainRule: 'imageScripts.explainRule',
  comparePolicy: 'imageScripts.comparePolicy',
} as const;

/** Image that another one is best compared with. */
export interface Neighbour {
  image: string;
  kind: 'predecessor' | 'family' | 'systemd';
}

/** Line of a policy as text. */
export interface PolicyLine {
  text: string;
  uri: string | null;
  range: Range | null;
  /** Unit that another image masks and this one does not. */
  unmasked: string | null;
}

/** What an image does to its container. */
export interface PolicyResult {
  report: { neighbours: Neighbour[] };
  lines: PolicyLine[];
}

/** Severities of findings, the worst first. */
export const SEVERITIES = ['error', 'warning', 'information', 'hint'] as const;

export type Severity = (typeof SEVERITIES)[number];

export interface Problem {
  code: string;
  severity: Severity;
  message: string;
  uri: string | null;
  range: Range | null;
}

/** State of an image. What the server does not know is null. */
export interface ImageState {
  image: string;
  /** Directory that it is built from: that of another image if it is a link. */
  directory: string;
  /** URI of its `build.sh`. */
  uri: string | null;
  builder: string | null;
  distribution: string | null;
  release: string | null;
  arch: string | null;
  vendor: string | null;
  variant: string | null;
  includes: string[];
  /** True if the repository has an entry for it. */
  published: boolean | null;
  declared: 'retired' | 'unpublished' | null;
  tags: string[];
  rows: string[];
  groups: string[];
  findings: number;
  worst: Severity | null;
  /** Major version of its systemd. */
  systemd: { version: number; orNewer: boolean; certain: boolean } | null;
  /** Last day of its release's standard support. */
  support: { end: string; over: boolean; certain: boolean } | null;
  /** VM test of this image, in checkouts that have one for each. */
  test: string | null;
  /** Last run of that test. */
  tested: Tested | null;
  problems: Problem[];
}

/** Last run of a test. */
export interface Tested {
  /** With `passed` and `failed`, it was of what the image reads now. */
  state: 'passed' | 'failed' | 'older' | 'never' | 'unknown';
  passed: boolean | null;
  /** When it ended, in UTC. */
  ended: string | null;
  /** Paths of what was changed since it began. */
  changed: string[];
  /** Directory of its logs. */
  directory: string | null;
  /** Reason why it is unknown. */
  why: string | null;
}

/** Log of tests: a text, a file that the user chose, or what the test runner left of an image. */
export interface TriageQuery {
  root: string;
  text?: string;
  log?: string;
  image?: string;
  /** Begin of the run, in milliseconds. */
  since?: number;
}

/** Tests that a log tells of. */
export interface TriageResult {
  tests: TriagedTest[];
}

/** Test that a log tells of. */
export interface TriagedTest {
  image: string | null;
  test: string | null;
  /** Phase of the first failure. */
  phase: string;
  /** Test of the image that failed first. */
  imageTest: string | null;
  passed: boolean;
  verdict: string;
  /** First cause first; empty if none is known. */
  causes: TriagedCause[];
  /** Last lines before the failure. */
  excerpt: TriagedLine[];
}

/** Cause of a failure. */
export interface TriagedCause {
  code: string;
  message: string;
  meaning: string;
  advice: string;
  /** Name of the file of the log. */
  log: string | null;
  line: number;
  excerpt: TriagedLine[];
  /** Most likely one first. */
  origins: TriagedOrigin[];
  fixes: TriagedFix[];
}

/** Line of a log. */
export interface TriagedLine {
  number: number;
  text: string;
}

/** Range that a cause comes from. */
export interface TriagedOrigin {
  uri: string;
  range: Range;
  message: string;
}

/** Change that resolves a cause, of the texts at the time of the request. */
export interface TriagedFix {
  title: string;
  edit: WorkspaceEdit;
}

/** Row of the test table. */
export interface RowState {
  key: string;
  distribution: string;
  version: string;
  /** Tests of this row alone, by the test runner's names. */
  tests: string[];
  uri: string | null;
  range: Range | null;
}

export interface NamedFile {
  name: string;
  uri: string | null;
}

/** Images that succeed one another. */
export interface TrackState {
  distribution: string;
  /** Names, the oldest first. */
  images: string[];
  /** Name that the next release most likely has. */
  next: string | null;
}

/** Numbers of findings by severity. */
export interface FindingCounts {
  error: number;
  warning: number;
  information: number;
  hint: number;
}

export interface Checkout {
  /** Path of its folder. */
  root: string;
  /** All of its findings, also those that are about no image. */
  counts: FindingCounts;
  images: ImageState[];
  /** By distribution, the main one of each first. */
  tracks: TrackState[];
  rows: RowState[];
  builders: NamedFile[];
  includes: NamedFile[];
}

export interface ImagesResult {
  checkouts: Checkout[];
}

/** Value that only upstream can confirm and nobody has confirmed, once in however many lines it is. */
export interface OpenValue {
  image: string;
  /** Variable that it is assigned to, else the name of its file. */
  name: string;
  /** Value that is recorded when it is right. */
  exact: string;
  /** Names of the packages whose file names have it. */
  packages: string[];
  /** Text of the first range. */
  text: string;
  /** Value with its variables expanded, where that says more. */
  resolved: string | null;
  why: string;
  /** Address in it, for a browser. */
  address: string | null;
  ranges: Location[];
}

export interface CheckoutValues {
  root: string;
  values: OpenValue[];
}

export interface OpenValuesResult {
  checkouts: CheckoutValues[];
}

export interface ImagesAtResult {
  root: string;
  images: string[];
  /** Name of a release that would follow the first image. */
  proposal: string | null;
}

/** Values of an image that can be bumped, by the names of the command's arguments. */
export interface BumpValues {
  pointver: string | null;
  build: string | null;
  set: Record<string, string>;
}

/** Change of a checkout that a command made, or would make. */
export interface ChangeReport {
  /** Version of the format, to which keys are only added. */
  version: number;
  title: string;
  image: string;
  like: string | null;
  applied: boolean;
  created: string[];
  edited: string[];
  deleted: string[];
  renamed: [from: string, to: string][];
  symlinks: [link: string, target: string][];
  verify: ValueToVerify[];
  notes: Note[];
  next: NextCommand[];
  /** Reason why it was not applied. */
  reason?: string;
  /** Error of the server's own part of it, such as links. */
  failed?: string;
  /** New files and directories that the server has made itself: undo leaves them. */
  copied?: string[];
  /** Texts of the files that change, null where there is no file; of a dry run, on request. */
  texts?: ChangedText[];
  /** Subject of a commit that has the change and nothing else. */
  commit: string;
}

export interface ChangedText {
  path: string;
  before: string | null;
  after: string | null;
}

/** Value of a new image that only upstream can confirm. */
export interface ValueToVerify {
  path: string;
  range: Range | null;
  text: string;
  /** Value with its variables expanded, where that says more. */
  resolved: string | null;
  why: string;
  /** `IMAGE/VARIABLE`, where the value is assigned to a variable. */
  key: string | null;
}

/** Consequence of a change that is left to the user. */
export interface Note {
  path: string | null;
  range: Range | null;
  message: string;
}

/** Command to run after a change. */
export interface NextCommand {
  command: string;
  why: string;
}

/** What an image's build generates. */
export interface RenderReport {
  version: number;
  image: string;
  scripts: RenderedScript[];
  files: RenderedFile[];
  /** Commands that may do anything: what comes after them may be something else. */
  opaque: SourceRange[];
}

/** Script that is executed inside of a new root. */
export interface RenderedScript {
  root: string;
  /** Path in the root; null for a command. */
  path: string | null;
  at: SourceRange;
  conditions: RenderedCondition[];
  text: string;
  segments: RenderedSegment[];
}

/** File that is written below the new root. */
export interface RenderedFile {
  path: string;
  kind: 'file' | 'added' | 'link' | 'directory' | 'removed';
  at: SourceRange;
  conditions: RenderedCondition[];
  text: string;
  segments: RenderedSegment[];
}

/** Condition that reading cannot tell. */
export interface RenderedCondition {
  text: string;
  at: SourceRange;
  holds: boolean;
}

/** Part of a text; all of them are in order and without gaps. */
export interface RenderedSegment {
  kind: 'literal' | 'value' | 'unknown' | 'condition';
  range: Range;
  /** Where it is written; a copy of it, if both are as long. */
  source: SourceRange | null;
  /** The expansion or command by which it got here. */
  expansion: SourceRange | null;
}

export interface SourceRange {
  path: string;
  range: Range;
}

export function toVscodeRange({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
