// Undo of a change. VS Code takes the texts and the new files back, and leaves the rest: texts that are not
// saved, empty directories, links, what the server has copied, and directories that were deleted. Here it is
// completed, or said how to.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Images } from '../images';
import { showError, showInformation } from '../notifications';
import { type ChangeReport, SERVER_COMMANDS } from '../protocol';
import { asError } from '../server';
import { Copies } from './copies';
import { save } from './save';

/** Number of changes that are remembered. */
const MAX_CHANGES = 20;

/** A change that was made. */
interface MadeChange {
  root: string;
  /** Report with the texts of all files. */
  report: ChangeReport;
  copies: Copies;
  /** True after it was undone. */
  undone: boolean;
}

/** Completes the undo of changes that were made in this window. */
export class UndoneChanges implements vscode.Disposable {
  private made: MadeChange[] = [];
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly images: Images) {
    const run = (task: Promise<void>): void => {
      task.catch((error: unknown) => showError(asError(error).message));
    };
    this.disposables = [
      vscode.workspace.onDidChangeTextDocument(({ document, reason }) => {
        if (reason === vscode.TextDocumentChangeReason.Undo) {
          run(this.onUndo(document.uri));
        }
      }),
      vscode.workspace.onDidDeleteFiles(({ files }) => run(this.onDeleted(files))),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Remembers a change. `shown` is its report with texts, `copied` what the server has copied. */
  async add(root: string, shown: ChangeReport, copied: string[]): Promise<void> {
    const copies = await Copies.read(copied.map((file) => path.join(root, file)));
    this.made = [...this.made, { root, report: shown, copies, undone: false }].slice(-MAX_CHANGES);
  }

  private async onUndo(changed: vscode.Uri): Promise<void> {
    for (const change of this.made.filter(({ undone }) => !undone)) {
      const { root, report } = change;
      if (report.edited.some((file) => this.isFile(root, file, changed)) && this.isUndone(change)) {
        change.undone = true;
        await save(this.images, root, report.edited);
        await this.showLeft(change);
      }
    }
  }

  private isFile(root: string, file: string, uri: vscode.Uri): boolean {
    return this.images.file(root, file).toString() === uri.toString();
  }

  /** Returns whether all texts that a change has edited are in the editor as they were before it. */
  private isUndone({ root, report }: MadeChange): boolean {
    const edited = (report.texts ?? []).filter(({ before, after }) => before !== null && after !== null);
    return edited.every(({ path: file, before }) => {
      const document = vscode.workspace.textDocuments.find(({ uri }) => this.isFile(root, file, uri));
      return document?.getText() === before;
    });
  }

  /** Says what is left of a change that was undone, and how to take that back. */
  private async showLeft({ root, report }: MadeChange): Promise<void> {
    const [link] = report.symlinks;
    if (link !== undefined) {
      const retire = 'Retire Image...';
      const chosen = await showInformation(`Undo leaves the link ${link[0]}: Retire Image takes it away.`, retire);
      if (chosen === retire) {
        await vscode.commands.executeCommand(SERVER_COMMANDS.retireImage, { root, name: report.image });
      }
    }
    if (report.deleted.length > 0) {
      await showInformation(
        `Undo brings back no deleted files: ${restoreCommand(report)} does, if they are committed.`,
      );
    }
  }

  /** Returns the new files of a change of which VS Code knows. */
  private createdFiles({ root, report, copies }: MadeChange): string[] {
    return report.created.map((file) => path.join(root, file)).filter((file) => !copies.has(file));
  }

  /** Returns the changes that have created one of some files. */
  private creatorsOf(files: readonly vscode.Uri[]): MadeChange[] {
    const all = new Set(files.map((uri) => uri.toString()));
    return this.made.filter(({ root, report }) =>
      report.created.some((file) => all.has(this.images.file(root, file).toString())),
    );
  }

  /** Removes what is left of the new files of a change, once VS Code has deleted those that it has made. */
  private async onDeleted(files: readonly vscode.Uri[]): Promise<void> {
    for (const change of this.creatorsOf(files)) {
      const left = await Promise.all(this.createdFiles(change).map(exists));
      if (!left.some(Boolean)) {
        change.undone = true;
        await change.copies.remove();
      }
      await removeDirectories(change);
    }
  }
}

/** Removes the directories that a change has made, once they are empty. */
async function removeDirectories({ root, report }: MadeChange): Promise<void> {
  for (const directory of new Set(report.created.map((file) => path.dirname(path.join(root, file))))) {
    // One with files in it stays.
    await fs.rmdir(directory).catch(() => undefined);
  }
}

async function exists(file: string): Promise<boolean> {
  return fs.lstat(file).then(
    () => true,
    () => false,
  );
}

/** Returns the command line that brings back what a change deleted. */
export function restoreCommand({ deleted }: ChangeReport): string {
  return `\`git restore -- ${deleted.join(' ')}\``;
}
