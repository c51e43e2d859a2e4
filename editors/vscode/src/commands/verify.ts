// Values of a new image that were carried over or derived, and that only upstream can confirm.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { plainLabel } from '../plainText';
import { type ChangeReport, type OpenValue, toVscodeRange } from '../protocol';
import type { Server } from '../server';
import { pluralize } from '../views/words';
import { showFinished } from './nextSteps';
import { recordRight } from './openValues';

interface ValueItem extends vscode.QuickPickItem {
  value: OpenValue;
}

/** Tells the user that an image was created, and has them say which values in it are right. */
export async function showValuesToVerify(
  server: Server,
  images: Images,
  { root, name }: { root: string; name: string },
  report: ChangeReport,
): Promise<void> {
  // A value in several lines is one.
  const names = new Set(report.verify.map(({ key, path, text }) => key ?? `${path}: ${text}`));
  const [confirm, show] = ['Confirm', 'Show'];
  const sentence = `Created ${name}. Only upstream can confirm ${pluralize(names.size, 'value')} in it.`;
  const chosen = await showFinished(images, root, sentence, report, confirm, show);
  if (chosen === show) {
    await vscode.commands.executeCommand('imageScripts.revealValues', root, name);
  }
  if (chosen !== confirm) {
    return;
  }
  await images.refresh();
  const right = await pickRightValues(name, images.valuesToVerify(root, name));
  for (const value of right) {
    await recordRight(server, images, root, value);
  }
  if (right.length > 0) {
    await images.refresh();
    const left = images.valuesToVerify(root, name).length;
    const rest = left === 0 ? 'Nothing is left to confirm' : `${pluralize(left, 'value')} left to confirm`;
    await showFinished(images, root, `Recorded ${pluralize(right.length, 'value')} of ${name}. ${rest}.`, report);
  }
}

/** Has the user pick the values that are right; each has a button that leads to it. */
function pickRightValues(name: string, values: OpenValue[]): Promise<OpenValue[]> {
  const open: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('go-to-file'), tooltip: 'Go to the value' };
  const box = vscode.window.createQuickPick<ValueItem>();
  box.title = plainLabel(`${name}: which of these values are right?`);
  box.canSelectMany = true;
  // One looks them up elsewhere.
  box.ignoreFocusOut = true;
  box.items = values.map((value) => ({
    label: plainLabel(`${value.name}: ${value.resolved ?? value.text.trim()}`),
    description: plainLabel(value.packages.join(', ')),
    detail: plainLabel(value.why),
    buttons: [open],
    value,
  }));
  return new Promise((resolve) => {
    box.onDidTriggerItemButton(({ item: { value } }) => {
      const place = value.ranges[0];
      if (place !== undefined) {
        const selection = { selection: toVscodeRange(place.range), preserveFocus: true };
        void vscode.window.showTextDocument(vscode.Uri.parse(place.uri), selection);
      }
    });
    box.onDidAccept(() => {
      resolve(box.selectedItems.map(({ value }) => value));
      box.hide();
    });
    box.onDidHide(() => {
      resolve([]);
      box.dispose();
    });
    box.show();
  });
}
