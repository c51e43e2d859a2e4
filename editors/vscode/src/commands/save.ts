// Saving of the files that a change has edited.

import * as vscode from 'vscode';
import type { Images } from '../images';

/**
 * Saves the changed files, as VS Code does after a refactoring: links are on the disk already, and a
 * change that is saved in part is broken.
 */
export async function save(images: Images, root: string, files: string[]): Promise<void> {
  if (!vscode.workspace.getConfiguration('files').get<boolean>('refactoring.autoSave', true)) {
    return;
  }
  await saveDocuments(files.map((file) => images.file(root, file)));
}

/** Saves the open documents of some files. */
export async function saveDocuments(files: vscode.Uri[]): Promise<void> {
  const changed = new Set(files.map((uri) => uri.toString()));
  const documents = vscode.workspace.textDocuments.filter(({ uri }) => changed.has(uri.toString()));
  const saved = await Promise.all(documents.map((document) => document.save()));
  const unsaved = documents.filter((_, index) => saved[index] === false).map(({ uri }) => uri.fsPath);
  if (unsaved.length > 0) {
    throw new Error(`Could not save ${unsaved.join(', ')}: save it yourself`);
  }
}
