// Undo of a change. VS Code takes the texts and the new files back, and leaves the rest: texts that
// are not saved, empty directories, links, and directories that were deleted. Here it is completed, or
// said how to.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Images } from '../images';
import { showError, showInformation } from '../notifications';
import { type ChangeReport, SERVER_COMMANDS } from '../protocol';
import { asError } from '../server';
import { save } from './save';

/** Number of changes that are remembered. */
const MAX_CHANGES = 20;

/** A change that was made. */
interface MadeChange {
  root: string;
  report: ChangeReport;
  /** True after it was undone. */
  undone: boolean;
}

/** Completes the undo of changes that were made in this window. */
export class UndoneChanges implements vscode.Disposable {
  private readonly made: MadeChange[] = [];
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly images: Images) {
    this.disposables = [
      vscode.workspace.onDidChangeTextDocument(({ document, reason }) => {
        if (reason === vscode.TextDocumentChangeReason.Undo) {
          this.onUndo(document.uri).catch((error: unknown) => showError(asError(error).message));
        }
      }),
      vscode.workspace.onDidDeleteFiles(({ files }) => void this.onDeleted(files)),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Remembers a change; `report` has its texts. */
  add(root: string, report: ChangeReport): void {
    this.made.push({ root, report, undone: false });
    this.made.splice(0, this.made.length - MAX_CHANGES);
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
      await showInformation(`Undo brings back no deleted files: ${restoreCommand(report)} does, for what git knows.`);
    }
  }

  /** Removes the directories that a change has made, once they are empty. */
  private async onDeleted(files: readonly vscode.Uri[]): Promise<void> {
    const deleted = new Set(files.map((uri) => uri.toString()));
    for (const { root, report } of this.made) {
      const gone = report.created.filter((file) => deleted.has(this.images.file(root, file).toString()));
      for (const directory of new Set(gone.map((file) => path.dirname(path.join(root, file))))) {
        // One with files in it stays.
        await fs.rmdir(directory).catch(() => undefined);
      }
    }
  }
}

/** Returns the command line that brings back what a change deleted. */
export function restoreCommand({ deleted }: ChangeReport): string {
  return `\`git restore -- ${deleted.join(' ')}\``;
}
