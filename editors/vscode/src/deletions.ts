// Folders of images that the user deletes in the file tree. The server removes what names the image, as
// Retire Image does; here the edited files are saved, and the user is told what Retire Image tells.

import * as vscode from 'vscode';
import { showFinished } from './commands/nextSteps';
import { isMakingChange } from './commands/reviewChange';
import type { Images } from './images';
import type { Leftovers } from './leftovers';
import { type ChangeReport, SERVER_COMMANDS } from './protocol';
import type { Deletion, Server } from './server';

/** What goes with a deletion. */
interface Consequences {
  /** Files that are edited. */
  edited: Set<string>;
  /** True once one of them was. VS Code lets the user skip that. */
  isMade: boolean;
  /** Reports with the roots of their checkouts. */
  reports: [root: string, report: ChangeReport][];
}

export function followDeletions(server: Server, images: Images, leftovers: Leftovers): vscode.Disposable {
  let pending: Consequences | undefined;
  server.willDelete = async ({ files, requestEdit }: Deletion) => {
    if (isMakingChange()) {
      return requestEdit();
    }
    const deleted = files.flatMap((file) => images.ofFolder(file) ?? []);
    const reports = deleted.map(async ({ root, state }): Promise<Consequences['reports']> => {
      // All of the folder goes, also what git does not know.
      const arguments_ = { root, name: state.image, untracked: true };
      const report = await server.dryRun(SERVER_COMMANDS.retireImage, arguments_);
      return report instanceof Error ? [] : [[root, report]];
    });
    const edit = await requestEdit();
    const edited = new Set(edit?.entries().map(([uri]) => uri.toString()));
    pending = { edited, isMade: edited.size === 0, reports: (await Promise.all(reports)).flat() };
    return edit;
  };
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (pending?.edited.has(document.uri.toString()) && contentChanges.length > 0) {
        pending.isMade = true;
      }
    }),
    vscode.workspace.onDidDeleteFiles(() => {
      const consequences = pending;
      pending = undefined;
      if (consequences?.isMade) {
        void finish(images, consequences, leftovers);
      }
    }),
  );
}

async function finish(images: Images, { edited, reports }: Consequences, leftovers: Leftovers): Promise<void> {
  const documents = vscode.workspace.textDocuments.filter(({ uri, isDirty }) => isDirty && edited.has(uri.toString()));
  await Promise.all(documents.map((document) => document.save()));
  for (const [root, report] of reports) {
    leftovers.add(root, report);
  }
  await Promise.all(reports.map(([root, report]) => showFinished(images, root, `Retired ${report.image}.`, report)));
}
