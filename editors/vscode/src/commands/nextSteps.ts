// What is left to do after a change: values to confirm, notes, the commands to run next and the
// subject of the commit. It stays in an output channel, from which it can be copied.

import * as vscode from 'vscode';
import { showInformation } from '../notifications';
import { plainLine } from '../plainText';
import type { ChangeReport } from '../protocol';
import { formatFileRange } from './pickFileRange';

const NEXT_STEPS = 'Next Steps';

let channel: vscode.OutputChannel | undefined;

export function registerNextSteps(): vscode.Disposable {
  channel = vscode.window.createOutputChannel('Image Scripts: Changes');
  return channel;
}

/** Tells the user that a change was made. Returns the button that was chosen, if it is one of `buttons`. */
export async function showFinished(
  sentence: string,
  report: ChangeReport,
  ...buttons: string[]
): Promise<string | undefined> {
  channel?.appendLine(formatReport(report).map(plainLine).join('\n'));
  const chosen = await showInformation(sentence, ...buttons, NEXT_STEPS);
  if (chosen !== NEXT_STEPS) {
    return chosen;
  }
  channel?.show();
  return undefined;
}

/** Returns a change with all that is left to do, as lines. */
function formatReport({ title, verify, notes, next, commit }: ChangeReport): string[] {
  const values = verify.flatMap(({ path, range, text, resolved, why }) => [
    `    ${formatFileRange({ path, range })}: ${why}`,
    ...text.split('\n').map((line) => `      ${line.trim()}`),
    ...(resolved === null ? [] : [`      = ${resolved.trim()}`]),
  ]);
  const remarks = notes.map(({ path, range, message }) =>
    path === null ? `    ${message}` : `    ${formatFileRange({ path, range })}: ${message}`,
  );
  const commands = next.flatMap(({ command, why }) => [`    ${command}`, `      ${why}`]);
  return [
    title,
    ...(values.length > 0 ? ['  Verify:', ...values] : []),
    ...(remarks.length > 0 ? ['  Note:', ...remarks] : []),
    '  Next:',
    ...commands,
    `    Commit as \`${commit}\``,
    '',
  ];
}
