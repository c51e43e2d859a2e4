// Review of a change before it is made, file by file and with its notes; it is then made as a whole
// or not at all.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { showError, showInformation } from '../notifications';
import type { ChangeReport } from '../protocol';
import { asError, type Server } from '../server';
import { PendingChange } from './pendingChange';
import { createReviewDocuments, registerReviewDocuments } from './reviewDocuments';
import { save } from './save';
import { UndoneChanges } from './undo';

let pending: PendingChange | undefined;
let undone: UndoneChanges | undefined;

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
}

/** Shows what a command would change, and has it carried out if the user applies it. */
export async function reviewChange(
  server: Server,
  images: Images,
  change: ChangeCommand,
): Promise<ChangeReport | undefined> {
  const { command, root } = change;
  const title = images.checkouts.length > 1 ? `${change.title} in ${root}` : change.title;
  const arguments_ = { ...change.arguments, root };
  const preview = (): Promise<ChangeReport> =>
    server.executeCommand(command, { ...arguments_, dryRun: true, texts: true });
  let shown = await preview();
  for (;;) {
    if (!(await isApplied(title, root, shown))) {
      return undefined;
    }
    try {
      const current = await preview();
      if (JSON.stringify(current) === JSON.stringify(shown)) {
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
  const report = await server.executeCommand(command, arguments_);
  if (!report.applied) {
    throw new Error(`${title}: ${report.reason ?? 'the change was not made'}`);
  }
  undone?.add(root, shown);
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
