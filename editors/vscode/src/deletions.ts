// Folders of images that the user deletes in the file tree. The server removes what names the image, as
// Retire Image does; here the edited files are saved, and the user is told what Retire Image tells.

import * as vscode from 'vscode';
import { showFinished } from './commands/nextSteps';
import type { Images } from './images';
import { type ChangeReport, SERVER_COMMANDS } from './protocol';
import type { Deletion, Server } from './server';

/** What goes with a deletion. */
interface Consequences {
  /** Files that are edited. */
  edited: Set<string>;
  /** True once one of them was. VS Code lets the user skip that. */
  isMade: boolean;
  reports: ChangeReport[];
}

export function followDeletions(server: Server, images: Images): vscode.Disposable {
  let pending: Consequences | undefined;
  server.willDelete = async ({ files, requestEdit }: Deletion) => {
    const reports = files.map(async (file) => {
      const image = images.ofFolder(file);
      // All of the folder goes, also what git does not know.
      const arguments_ = image && { root: image.root, name: image.state.image, untracked: true };
      return arguments_ && server.dryRun(SERVER_COMMANDS.retireImage, arguments_);
    });
    const edit = await requestEdit();
    const made = (await Promise.all(reports)).flatMap((report) =>
      report === undefined || report instanceof Error ? [] : [report],
    );
    const edited = new Set(edit?.entries().map(([uri]) => uri.toString()));
    pending = { edited, isMade: edited.size === 0, reports: made };
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
        void finish(consequences);
      }
    }),
  );
}

async function finish({ edited, reports }: Consequences): Promise<void> {
  const documents = vscode.workspace.textDocuments.filter(({ uri, isDirty }) => isDirty && edited.has(uri.toString()));
  await Promise.all(documents.map((document) => document.save()));
  for (const report of reports) {
    await showFinished(`Retired ${report.image}.`, report);
  }
}
