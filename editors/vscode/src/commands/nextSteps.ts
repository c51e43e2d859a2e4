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

/** A change that was made in this window. */
interface MadeChange {
  root: string;
  report: ChangeReport;
}

/** All of them, the first one first. */
const made: MadeChange[] = [];

export function registerNextSteps(images: Images): vscode.Disposable {
  channel = vscode.window.createOutputChannel('Image Scripts: Changes');
  return vscode.Disposable.from(
    channel,
    vscode.commands.registerCommand('imageScripts.showNextSteps', () => {
      update(images);
      channel?.show();
    }),
  );
}

/** An image that is there, or will be once the server has read it. */
export interface ImageName {
  root: string;
  name: string;
  /** True where the server may not have read yet that it is not there any more. */
  isGone?: boolean;
}

/** Writes what is left to do now: of images that are there, and without the values that are confirmed. */
function update(images: Images): void {
  const current = made.filter(({ root, report }) => !isNew(report) || images.find(root, report.image) !== undefined);
  const lines = current.flatMap((change) => formatReport(images, change));
  channel?.replace(`${lines.map(plainLine).join('\n')}\n`);
}

/** Returns whether a change has made its image. */
function isNew({ created, symlinks, image }: ChangeReport): boolean {
  return [...created, ...symlinks.map(([link]) => link)].some((file) => file.split('/').includes(image));
}

/** Returns whether a change has removed its image. */
function isGone({ deleted, image }: ChangeReport): boolean {
  return deleted.some((file) => file.split('/').includes(image));
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
  made.push({ root, report });
  update(images);
  const image = { root, name: report.image, isGone: isGone(report) };
  return showSteps(images, image, sentence, ...buttons);
}

/** Tells the user what was done with an image, and offers what comes next. Returns the button that was chosen of `buttons`. */
export async function showSteps(
  images: Images,
  image: ImageName,
  sentence: string,
  ...buttons: string[]
): Promise<string | undefined> {
  const steps = nextSteps(images, image);
  const chosen = await showInformation(sentence, ...buttons, ...steps.map(({ label }) => label));
  await steps.find(({ label }) => label === chosen)?.take();
  return buttons.find((button) => button === chosen);
}

function nextSteps(images: Images, { root, name, isGone }: ImageName): Step[] {
  const execute = (command: string, ...arguments_: unknown[]) => vscode.commands.executeCommand(command, ...arguments_);
  const steps: Step[] = [];
  // Git's own view: the extension may be switched off, and the folder no repository.
  if (gitRepository(images.file(root, '')) !== undefined) {
    steps.push({ label: 'Open Changes', take: () => execute('git.viewChanges', images.file(root, '')) });
  }
  if (isGone !== true && images.find(root, name)?.state.test) {
    steps.push({
      label: 'Run Its Test',
      take: () => execute('imageScripts.runImageTest', { root, name }),
    });
  }
  steps.push({ label: 'Next Steps', take: () => execute('imageScripts.showNextSteps') });
  return steps;
}

/** Returns a change with all that is left to do, as lines. */
function formatReport(images: Images, { root, report }: MadeChange): string[] {
  const { title, image, verify, notes, next, commit } = report;
  const open = new Set(images.valuesToVerify(root, image).map(({ name }) => `${image}/${name}`));
  const unconfirmed = verify.filter(({ key }) => key === null || open.has(key));
  const values = unconfirmed.flatMap(({ path, range, text, resolved, why }) => [
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
    // Nothing, where a change has taken another one back.
    ...(commit === '' ? [] : [`    Commit as \`${commit}\``]),
    '',
  ];
}
