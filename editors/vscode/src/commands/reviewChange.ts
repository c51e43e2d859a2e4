// Review of a change before it is made, file by file and with its notes; it is then made as a whole
// or not at all.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Images } from '../images';
import { showInformation } from '../notifications';
import { plainLine } from '../plainText';
import type { ChangeReport, Note } from '../protocol';
import type { Server } from '../server';
import { type FileRangeItem, formatFileRange, pickFileRange } from './pickFileRange';

const SCHEME = 'image-scripts-review';

/** Number of notes in the question itself; VS Code cuts long messages off. */
const NOTES_IN_QUESTION = 2;

/** Texts under review, by URI. */
const texts = new Map<string, string>();

/** Number of reviews so far. URIs contain it: VS Code caches texts, and two reviews may be open. */
let reviews = 0;

export function registerReview(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
  });
}

/** Command of the server that changes the checkout. */
export interface ChangeCommand {
  command: string;
  root: string;
  arguments: object;
  /** Title of the change, as in `Retire fedora-43`. */
  title: string;
  /** Label of the button that makes it. */
  button: string;
}

/** Shows what a command would change, and has it carried out if the user agrees. */
export async function reviewChange(
  server: Server,
  images: Images,
  change: ChangeCommand,
): Promise<ChangeReport | undefined> {
  const { command, root, title } = change;
  const arguments_ = { ...change.arguments, root };
  const preview = (): Promise<ChangeReport> =>
    server.executeCommand(command, { ...arguments_, dryRun: true, texts: true });
  for (let shown = await preview(); ; ) {
    if (!(await showReview(images, change, shown))) {
      return undefined;
    }
    const current = await preview();
    if (JSON.stringify(current) === JSON.stringify(shown)) {
      break;
    }
    // The checkout has changed during the review: the user sees the change as it is now.
    shown = current;
  }
  const report = await server.executeCommand(command, arguments_);
  if (!report.applied) {
    throw new Error(`${title}: ${report.reason ?? 'the change was not made'}`);
  }
  await save(images, root, [...report.created, ...report.edited]);
  if (report.failed !== undefined) {
    throw new Error(`${title}: ${report.failed}`);
  }
  return report;
}

/**
 * Saves the changed files, as VS Code does after a refactoring: links are on the disk already, and a
 * change that is saved in part is broken.
 */
async function save(images: Images, root: string, files: string[]): Promise<void> {
  if (!vscode.workspace.getConfiguration('files').get<boolean>('refactoring.autoSave', true)) {
    return;
  }
  const changed = new Set(files.map((file) => images.file(root, file).toString()));
  const documents = vscode.workspace.textDocuments.filter(({ uri }) => changed.has(uri.toString()));
  const saved = await Promise.all(documents.map((document) => document.save()));
  const unsaved = documents.filter((_, index) => saved[index] === false).map(({ uri }) => uri.fsPath);
  if (unsaved.length > 0) {
    throw new Error(`Could not save ${unsaved.join(', ')}: save it yourself`);
  }
}

/** Shows the changed files side by side with the question; returns whether the user agrees. */
async function showReview(images: Images, change: ChangeCommand, report: ChangeReport): Promise<boolean> {
  const { root } = change;
  const title = plainLine(change.title);
  const review = ++reviews;
  const uris: string[] = [];
  const textUri = (file: string, side: 'before' | 'after', text: string | null): vscode.Uri | undefined => {
    if (text === null) {
      return undefined;
    }
    const uri = vscode.Uri.file(path.join(root, file)).with({ scheme: SCHEME, query: `${side}-${review}` });
    texts.set(uri.toString(), text);
    uris.push(uri.toString());
    return uri;
  };
  const resources = (report.texts ?? []).map(({ path: file, before, after }) => [
    vscode.Uri.file(path.join(root, file)),
    textUri(file, 'before', before),
    textUri(file, 'after', after),
  ]);
  const otherTabs = new Set(tabs());
  try {
    if (resources.length > 0) {
      await vscode.commands.executeCommand('vscode.changes', title, resources);
    }
    return await confirm(images, change, report);
  } finally {
    const reviewTabs = tabs().filter((tab) => !otherTabs.has(tab) && tab.label.startsWith(title));
    await vscode.window.tabGroups.close(reviewTabs);
    for (const uri of uris) {
      texts.delete(uri);
    }
  }
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs);
}

/** Asks whether to make the change, as often as the user looks at its notes instead. */
async function confirm(images: Images, change: ChangeCommand, report: ChangeReport): Promise<boolean> {
  const { root, button } = change;
  const title = images.checkouts.length > 1 ? `${change.title} in ${root}` : change.title;
  const notes = report.notes;
  const showNotes = 'Show Notes';
  const buttons = [button, ...(notes.length > 0 ? [showNotes] : []), 'Cancel'];
  for (;;) {
    const chosen = await showInformation(formatQuestion(title, report), ...buttons);
    if (chosen !== showNotes) {
      return chosen === button;
    }
    await pickFileRange(images, root, `${change.title}: notes`, notes.map(noteItem));
  }
}

function noteItem({ message, path, range }: Note): FileRangeItem {
  return path ? { label: message, fileRange: { path, range: range ?? null } } : { label: message };
}

function noteText(note: Note): string {
  const { label, fileRange } = noteItem(note);
  return fileRange === undefined ? label : `${formatFileRange(fileRange)}: ${label}`;
}

/** Returns the question, with what the files' texts do not show. */
function formatQuestion(title: string, report: ChangeReport): string {
  const effects = [
    ...report.symlinks.map(([link, target]) => `creates the link ${link} -> ${target}`),
    ...report.renamed.map(([from, to]) => `renames ${from} to ${to}`),
    ...report.deleted.map((file) => `deletes ${file}`),
  ];
  const notes = report.notes;
  const hidden = notes.length - NOTES_IN_QUESTION;
  const sentences = [
    `${title}?`,
    ...(effects.length > 0 ? [`It also ${effects.join(', ')}.`] : []),
    ...notes.slice(0, NOTES_IN_QUESTION).map((note) => `Note: ${noteText(note)}.`),
    ...(hidden > 0 ? [`And ${hidden === 1 ? '1 more note' : `${hidden} more notes`}.`] : []),
  ];
  return sentences.map(plainLine).join(' ');
}
