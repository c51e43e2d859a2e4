// Links of the walkthrough: to files of the checkout, and to headings of the README of the scripts.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { pickCheckout } from './pickCheckout';

/** Opens a file of the checkout, where a heading is if there is one. The path has `/` and begins at the scripts or the root. */
export async function openFile(images: Images, path: string, heading?: string): Promise<void> {
  const root = await pickCheckout(images, 'In which checkout?');
  if (root === undefined) {
    return;
  }
  // Once `image-scripts` was a repository of its own.
  const uris = [path, path.replace(/^image-scripts\//, '')].map((file) => images.file(root, file));
  for (const uri of uris) {
    const document = await Promise.resolve(vscode.workspace.openTextDocument(uri)).catch(() => undefined);
    if (document === undefined) {
      continue;
    }
    const lines = document.getText().split('\n');
    const line = lines.findIndex((text) => text.startsWith('#') && text.replace(/^#+/, '').trim() === heading);
    if (heading !== undefined && line < 0) {
      break;
    }
    const selection = new vscode.Range(Math.max(line, 0), 0, Math.max(line, 0), 0);
    await vscode.window.showTextDocument(document, { selection });
    return;
  }
  throw new Error(
    heading === undefined
      ? `${path}: there is no such file in this checkout`
      : `${path} has no heading "${heading}" in this checkout`,
  );
}
