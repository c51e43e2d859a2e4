// What is left to do after a change: values to confirm, notes, the commands to run next and the
// subject of the commit. It stays in an output channel, from which it can be copied.

import * as vscode from 'vscode';
import { gitRepository } from '../git';
import type { Images } from '../images';
import { showInformation } from '../notifications';
import { plainLine } from '../plainText';
import type { ChangeReport } from '../protocol';
import { formatFileRange } from './pickFileRange';

let channel: vscode.OutputChannel | undefined;

/** Last change that is in the channel. */
let last: ChangeReport | undefined;

export function registerNextSteps(): vscode.Disposable {
  channel = vscode.window.createOutputChannel('Image Scripts: Changes');
  return vscode.Disposable.from(
    channel,
    vscode.commands.registerCommand('imageScripts.showNextSteps', () => channel?.show()),
  );
}

/** What a button leads to. */
interface Step {
  label: string;
  take: () => Thenable<unknown>;
}

/** Tells the user that a change was made. Returns the button that was chosen, if it is one of `buttons`. */
export async function showFinished(
  images: Images,
  root: string,
  sentence: string,
  report: ChangeReport,
  ...buttons: string[]
): Promise<string | undefined> {
  if (report !== last) {
    last = report;
    channel?.appendLine(formatReport(report).map(plainLine).join('\n'));
  }
  const steps = nextSteps(images, root, report);
  const chosen = await showInformation(sentence, ...buttons, ...steps.map(({ label }) => label));
  await steps.find(({ label }) => label === chosen)?.take();
  return buttons.find((button) => button === chosen);
}

function nextSteps(images: Images, root: string, { image }: ChangeReport): Step[] {
  const execute = (command: string, ...arguments_: unknown[]) => vscode.commands.executeCommand(command, ...arguments_);
  const steps: Step[] = [];
  // Git's own view: the extension may be switched off, and the folder no repository.
  if (gitRepository(images.file(root, '')) !== undefined) {
    steps.push({ label: 'Open Changes', take: () => execute('git.viewChanges', images.file(root, '')) });
  }
  if (images.find(root, image)?.state.test) {
    steps.push({
      label: 'Run Its Test',
      take: () => execute('imageScripts.runImageTest', { root, name: image }),
    });
  }
  steps.push({ label: 'Next Steps', take: () => execute('imageScripts.showNextSteps') });
  return steps;
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
