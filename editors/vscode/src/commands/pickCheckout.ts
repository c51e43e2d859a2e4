// The checkout that a command is about.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Images } from '../images';
import { plainLabel } from '../plainText';

/** Returns the root of the open checkout. The user chooses if there are several. */
export async function pickCheckout(images: Images, title: string): Promise<string | undefined> {
  const roots = images.checkouts.map(({ root }) => root);
  if (roots.length <= 1) {
    return roots[0];
  }
  const items = roots.map((root) => ({
    label: plainLabel(images.label(root)),
    description: plainLabel(path.dirname(root)),
    root,
  }));
  const item = await vscode.window.showQuickPick(items, { title, matchOnDescription: true });
  return item?.root;
}
