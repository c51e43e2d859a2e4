// What a change carried over or worked out and only upstream can confirm: a list to go through.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { toRange, type Verify } from '../protocol';

interface Item extends vscode.QuickPickItem {
  verify: Verify;
}

/** Says that an image is made, with what is to be confirmed; if there is nothing, only if that is news. */
export async function listToVerify(
  images: Images,
  made: { root: string; name: string },
  verify: Verify[],
  isNews: boolean,
): Promise<void> {
  if (verify.length === 0) {
    if (isNews) {
      void vscode.window.showInformationMessage(`${made.name} is made.`);
    }
    return;
  }
  const values = verify.length === 1 ? '1 value' : `${verify.length} values`;
  const show = 'Show';
  const chosen = await vscode.window.showInformationMessage(
    `${made.name} is made. Only upstream can confirm ${values} in it.`,
    show,
  );
  if (chosen !== show) {
    return;
  }
  const items = verify.map(
    (one): Item => ({
      label: one.text.trim(),
      description: one.range === null ? one.path : `${one.path}:${one.range.start.line + 1}`,
      detail: one.why,
      verify: one,
    }),
  );
  const item = await vscode.window.showQuickPick(items, {
    title: `${made.name}: to be confirmed`,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (item !== undefined) {
    await open(images.file(made.root, item.verify.path), item.verify.range);
  }
}

async function open(uri: vscode.Uri, range: Verify['range']): Promise<void> {
  const options: vscode.TextDocumentShowOptions = range === null ? {} : { selection: toRange(range) };
  await vscode.window.showTextDocument(uri, options);
}
