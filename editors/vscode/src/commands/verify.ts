// Values of a new image that were carried over or derived, and that only upstream can confirm.

import * as vscode from 'vscode';
import type { ChangeReport } from '../protocol';
import { pluralize } from '../views/words';
import { showFinished } from './nextSteps';

/** Tells the user that an image was created, and shows what to confirm in it: a list that stays. */
export async function showValuesToVerify(
  { root, name }: { root: string; name: string },
  report: ChangeReport,
): Promise<void> {
  // A value in several lines is one.
  const names = new Set(report.verify.map(({ key, path, text }) => key ?? `${path}: ${text}`));
  const count = pluralize(names.size, 'value');
  const show = 'Show';
  const chosen = await showFinished(`Created ${name}. Only upstream can confirm ${count} in it.`, report, show);
  if (chosen === show) {
    await vscode.commands.executeCommand('imageScripts.revealValues', root, name);
  }
}
