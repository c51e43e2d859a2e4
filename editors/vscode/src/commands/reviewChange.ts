// Review of a change before it is made, file by file and with its notes; it is then made as a whole
// or not at all.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { ask, showError, showInformation } from '../notifications';
import type { ChangeReport } from '../protocol';
import { asError, type Server } from '../server';
import { withoutForce, yieldsToForce } from './force';
import { PendingChange } from './pendingChange';
import { createReviewDocuments, registerReviewDocuments } from './reviewDocuments';
import { save } from './save';
import { UndoneChanges } from './undo';

let pending: PendingChange | undefined;
let undone: UndoneChanges | undefined;

/** Number of changes that are being made. */
let making = 0;

/** Returns whether a change is being made that the user has reviewed: what it deletes, nobody else has. */
export function isMakingChange(): boolean {
  return making > 0;
}

export function registerReview(images: Images): vscode.Disposable {
  const created = new PendingChange();
  pending = created;
  undone = new UndoneChanges(images);
  return vscode.Disposable.from(
    created,
    undone,
    registerReviewDocuments(),
    vscode.commands.registerCommand('imageScripts.applyChange', () => created.apply()),
    vscode.commands.registerCommand('imageScripts.discardChange', () => created.discard()),
    vscode.commands.registerCommand('imageScripts.showChange', () => created.show()),
  );
}

/** Command of the server that changes the checkout. */
export interface ChangeCommand {
  command: string;
  root: string;
  arguments: object;
  /** Title of the change, as in `Retire fedora-43`. */
  title: string;
  /** Button that makes it although it is unusual, as in `Rename Anyway`. */
  anyway?: string;
}

/** Shows what a command would change, and has it carried out if the user applies it. */
export async function reviewChange(
  server: Server,
  images: Images,
  wanted: ChangeCommand,
): Promise<ChangeReport | undefined> {
  const { root } = wanted;
  const title = images.checkouts.length > 1 ? `${wanted.title} in ${images.label(root)}` : wanted.title;
  const first = await firstPreview(server, wanted);
  if (first === undefined) {
    return undefined;
  }
  const { change } = first;
  let { shown } = first;
  for (;;) {
    if (!(await isApplied(title, root, shown))) {
      return undefined;
    }
    try {
      const current = await preview(server, change);
      if (isSame(current, shown)) {
        break;
      }
      // What the user has read is not what would be done.
      void showInformation(`The checkout has changed since. This is ${title} as it would be now.`);
      shown = current;
    } catch (error) {
      // It may be possible in a moment: the server has yet to read what has changed.
      void showError(`${title}: ${asError(error).message}`);
    }
  }
  return make(server, images, change, shown);
}

/** Returns what a command would change. */
function preview(server: Server, { command, root, arguments: arguments_ }: ChangeCommand): Promise<ChangeReport> {
  return server.executeCommand(command, { ...arguments_, root, dryRun: true, texts: true });
}

function isSame(a: ChangeReport, b: ChangeReport): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Returns what a command would change; the user decides whether an unusual one is meant. */
async function firstPreview(
  server: Server,
  change: ChangeCommand,
): Promise<{ change: ChangeCommand; shown: ChangeReport } | undefined> {
  try {
    return { change, shown: await preview(server, change) };
  } catch (error) {
    if (change.anyway === undefined || !yieldsToForce(error)) {
      throw error;
    }
    if ((await ask(`${change.title}?`, withoutForce(asError(error).message), change.anyway)) === undefined) {
      return undefined;
    }
    const forced = { ...change, arguments: { ...change.arguments, force: true } };
    return { change: forced, shown: await preview(server, forced) };
  }
}

/** Makes a change that the user has seen. */
async function make(server: Server, images: Images, change: ChangeCommand, shown: ChangeReport): Promise<ChangeReport> {
  const { command, root, title } = change;
  making++;
  const report = await server.executeCommand(command, { ...change.arguments, root }).finally(() => making--);
  if (!report.applied) {
    throw new Error(`${title}: ${report.reason ?? 'the change was not made'}`);
  }
  await undone?.add(root, shown, report.copied ?? []);
  await save(images, root, [...report.created, ...report.edited]);
  await images.refresh();
  if (report.failed !== undefined) {
    throw new Error(`${title}: ${report.failed}`);
  }
  return report;
}

/** Shows a change; returns whether the user applies it. */
async function isApplied(title: string, root: string, report: ChangeReport): Promise<boolean> {
  const documents = createReviewDocuments(root, report);
  try {
    return (await pending?.ask(title, documents.files)) ?? false;
  } finally {
    documents.dispose();
  }
}
