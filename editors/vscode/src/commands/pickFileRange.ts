// List of ranges in files of a checkout, to go to one of them.

import * as vscode from 'vscode';
import type { Range } from 'vscode-languageclient/node';
import type { Images } from '../images';
import { plainLabel } from '../plainText';
import { toVscodeRange } from '../protocol';

/** Range of a file, whose path begins at the root of the checkout. */
export interface FileRange {
  path: string;
  range: Range | null;
}

/** Entry of the list; picking one without a file does nothing. */
export interface FileRangeItem {
  label: string;
  detail?: string;
  fileRange?: FileRange;
}

interface PickItem extends vscode.QuickPickItem {
  fileRange: FileRange | undefined;
}

/** Has the user pick an entry, and opens it. */
export async function pickFileRange(
  images: Images,
  root: string,
  title: string,
  entries: FileRangeItem[],
): Promise<void> {
  const items = entries.map(({ label, detail, fileRange }): PickItem => {
    const item: PickItem = { label: plainLabel(label), fileRange };
    if (fileRange !== undefined) {
      item.description = plainLabel(formatFileRange(fileRange));
    }
    if (detail !== undefined) {
      item.detail = plainLabel(detail);
    }
    return item;
  });
  const item = await vscode.window.showQuickPick(items, {
    title: plainLabel(title),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (item?.fileRange !== undefined) {
    const { path, range } = item.fileRange;
    const options: vscode.TextDocumentShowOptions = range === null ? {} : { selection: toVscodeRange(range) };
    await vscode.window.showTextDocument(images.file(root, path), options);
  }
}

/** Returns a range as `path:line`. */
export function formatFileRange({ path, range }: FileRange): string {
  return range === null ? path : `${path}:${range.start.line + 1}`;
}
