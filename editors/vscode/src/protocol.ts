// What the server answers to requests of its own, as `server/src/lsp/answers/overview.rs` and
// `server/src/lsp/commands` say.

import * as vscode from 'vscode';
import type { Location, Range } from 'vscode-languageclient/node';

export const IMAGES = 'imageScripts/images';
export const IMAGES_AT = 'imageScripts/imagesAt';
export const IMAGES_CHANGED = 'imageScripts/imagesChanged';

/** The commands of the server that the extension completes before it sends them. */
export const SERVER_COMMANDS = {
  newImage: 'imageScripts.newImage',
  retireImage: 'imageScripts.retireImage',
  renameImage: 'imageScripts.renameImage',
  bumpImage: 'imageScripts.bumpImage',
} as const;

/** The commands that lenses lead to and the extension carries out itself. */
export const CLIENT_COMMANDS = {
  runTest: 'imageScripts.runTest',
  showReferences: 'imageScripts.showReferences',
} as const;

export type Severity = 'error' | 'warning' | 'information' | 'hint';

export interface Problem {
  code: string;
  severity: Severity;
  message: string;
  location: Location | null;
}

/** An image and its state. What is not known is null. */
export interface ImageState {
  image: string;
  /** The directory it is built from: another one's, if it is a link. */
  directory: string;
  /** Its `build.sh`. */
  uri: string | null;
  builder: string | null;
  distribution: string | null;
  release: string | null;
  arch: string | null;
  vendor: string | null;
  variant: string | null;
  includes: string[];
  published: boolean | null;
  declared: 'retired' | 'unpublished' | null;
  tags: string[];
  rows: string[];
  groups: string[];
  findings: number;
  worst: Severity | null;
  /** Its VM test, where the checkout has one for every image. */
  test: string | null;
  problems: Problem[];
}

/** A row of the test table. */
export interface RowState {
  key: string;
  distribution: string;
  version: string;
  /** The tests that are run for it alone, as the test runner calls them. */
  tests: string[];
  location: Location | null;
}

export interface Named {
  name: string;
  uri: string | null;
}

export interface Checkout {
  /** Its path. */
  root: string;
  images: ImageState[];
  rows: RowState[];
  builders: Named[];
  includes: Named[];
}

/** The images that a place is about. */
export interface ImagesAt {
  root: string;
  images: string[];
  /** What a release after the first of them is called. */
  proposal: string | null;
}

/** What a command did, or would do. */
export interface Change {
  applied: boolean;
  /** Why it was not applied. */
  reason?: string;
  /** What of it, that the server does itself, went wrong. */
  failed?: string;
  image?: string;
  like?: string | null;
  created?: string[];
  symlinks?: [string, string][];
  edited?: string[];
  renamed?: [string, string][];
  deleted?: string[];
  /** Of a dry run, where asked for: the files that change, null where there is none. */
  texts?: { path: string; before: string | null; after: string | null }[];
  verify?: Verify[];
}

/** A value of a new image that only upstream can confirm. */
export interface Verify {
  path: string;
  range: Range | null;
  text: string;
  why: string;
}

/** A range of the protocol as VS Code has it. */
export function toRange({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
