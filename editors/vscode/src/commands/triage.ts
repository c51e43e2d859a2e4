// Triage Log: why a test failed, by a log in a file, in the clipboard or in the editor.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { showInformation } from '../notifications';
import { plainLabel } from '../plainText';
import { type TriagedCause, type TriagedTest, type TriageQuery, toVscodeRange } from '../protocol';
import type { Triage } from '../testing/triage';
import { pickCheckout } from './pickCheckout';

interface SourceItem extends vscode.QuickPickItem {
  read: () => Promise<Pick<TriageQuery, 'log' | 'text'> | undefined>;
}

interface CauseItem extends vscode.QuickPickItem {
  test: TriagedTest;
  cause: TriagedCause | undefined;
}

export async function triageLog(images: Images, triage: Triage): Promise<void> {
  const root = await pickCheckout(images, 'A log of which checkout?');
  if (root === undefined) {
    return;
  }
  const source = await vscode.window.showQuickPick(sources(root), { title: 'Where is the log?' });
  const log = await source?.read();
  if (log === undefined) {
    return;
  }
  const result = await triage.show({ root, ...log });
  if (result === null) {
    throw new Error('This is no log of a test: nothing in it is known');
  }
  const failed = result.tests.filter(({ passed }) => !passed);
  if (failed.length === 0) {
    void showInformation('Nothing has failed in this log');
    return;
  }
  await pickCause(failed);
}

function sources(root: string): SourceItem[] {
  const items: SourceItem[] = [
    { label: 'In a file...', read: () => chooseFile(root) },
    {
      label: 'In the clipboard',
      detail: 'such as the text of a page of a CI',
      read: async () => ({ text: await vscode.env.clipboard.readText() }),
    },
  ];
  const document = vscode.window.activeTextEditor?.document;
  if (document !== undefined) {
    items.push({ label: 'In the active editor', read: async () => ({ text: document.getText() }) });
  }
  return items;
}

async function chooseFile(root: string): Promise<{ log: string } | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Log of a test, or state directory of the test runner',
    defaultUri: vscode.Uri.file(root),
    canSelectFiles: true,
    canSelectFolders: true,
  });
  const uri = chosen?.[0];
  return uri === undefined ? undefined : { log: uri.fsPath };
}

/** Has the user pick a cause, and opens the place that it comes from. */
async function pickCause(failed: TriagedTest[]): Promise<void> {
  const items = failed.flatMap((test): CauseItem[] => {
    const label = (text: string): string => plainLabel(`${test.image ?? test.test ?? 'a test'}: ${text}`);
    if (test.causes.length === 0) {
      return [
        { label: label('the cause is unknown'), detail: plainLabel(`phase ${test.phase}`), test, cause: undefined },
      ];
    }
    return test.causes.map((cause) => ({
      label: label(cause.message),
      description: plainLabel(test.phase),
      detail: plainLabel(cause.advice),
      test,
      cause,
    }));
  });
  const chosen = await vscode.window.showQuickPick(items, { title: 'Why did it fail?', matchOnDetail: true });
  const origin = chosen?.cause?.origins[0];
  if (origin !== undefined) {
    const options = { selection: toVscodeRange(origin.range) };
    await vscode.window.showTextDocument(vscode.Uri.parse(origin.uri), options);
  } else if (chosen !== undefined) {
    const { cause, test } = chosen;
    const lines = (cause?.excerpt ?? test.excerpt).map(({ text }) => text);
    void showInformation([cause?.meaning ?? `unknown, in the phase ${test.phase}`, ...lines.slice(-1)].join('\n'));
  }
}
