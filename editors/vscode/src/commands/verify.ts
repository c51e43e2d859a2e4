// Values of a new image that were carried over or derived, and that only upstream can confirm.

import * as vscode from 'vscode';
import type { CheckoutImage, Images } from '../images';
import { showInformation } from '../notifications';
import { plainLabel } from '../plainText';
import { type ChangeReport, type OpenValue, toVscodeRange } from '../protocol';
import type { Server } from '../server';
import { pluralize } from '../views/words';
import { type ImageName, showFinished, showSteps } from './nextSteps';
import { recordRight } from './openValues';
import { type CommandArgument, imageOfArgument, pickImage } from './pickImage';

interface ValueItem extends vscode.QuickPickItem {
  value: OpenValue;
}

/** Tells the user that an image was created, and has them say which values in it are right. */
export async function showValuesToVerify(
  server: Server,
  images: Images,
  image: ImageName,
  report: ChangeReport,
): Promise<void> {
  // A value in several lines is one.
  const names = new Set(report.verify.map(({ key, path, text }) => key ?? `${path}: ${text}`));
  const [confirm, show] = ['Confirm', 'Show'];
  const sentence = `Created ${image.name}. Only upstream can confirm ${pluralize(names.size, 'value')} in it.`;
  const chosen = await showFinished(images, image.root, sentence, report, confirm, show);
  if (chosen === show) {
    await vscode.commands.executeCommand('imageScripts.revealValues', image.root, image.name);
  } else if (chosen === confirm) {
    await images.refresh();
    await confirmValuesOf(server, images, image);
  }
}

/** Has the user say which open values of an image are right: the image that it is called on, or one that has any. */
export async function confirmValues(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const isOpen = ({ root, state }: CheckoutImage): boolean => images.valuesToVerify(root, state.image).length > 0;
  const open = images.all().filter(isOpen);
  const [only, ...others] = open;
  if (only === undefined) {
    await showInformation('Nothing is left to confirm.');
    return;
  }
  const called = await imageOfArgument(images, argument);
  const image =
    called ?? (others.length === 0 ? only : await pickImage(images, 'Confirm the values of which image?', open));
  if (image !== undefined) {
    await confirmValuesOf(server, images, { root: image.root, name: image.state.image });
  }
}

async function confirmValuesOf(server: Server, images: Images, image: ImageName): Promise<void> {
  const { root, name } = image;
  const open = images.valuesToVerify(root, name);
  if (open.length === 0) {
    await showInformation(`Nothing is left to confirm in ${name}.`);
    return;
  }
  const right = await pickRightValues(name, open);
  for (const value of right) {
    await recordRight(server, images, root, value);
  }
  if (right.length > 0) {
    await images.refresh();
    const left = images.valuesToVerify(root, name).length;
    const rest = left === 0 ? 'Nothing is left to confirm' : `${pluralize(left, 'value')} left to confirm`;
    await showSteps(
      images,
      image,
      `Recorded ${pluralize(right.length, 'value')} of ${name} in .image-scripts.toml. ${rest}.`,
    );
  }
}

/** Says in the status bar how many values are to be confirmed: a notification is gone when one has looked them up. */
export function registerValuesToConfirm(images: Images): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('imageScripts.values', vscode.StatusBarAlignment.Left, 999);
  item.name = 'Image Scripts: Values to Confirm';
  item.command = 'imageScripts.confirmValues';
  const update = (): void => {
    const values = images.valuesToVerify();
    const names = new Set(values.map(({ image }) => image));
    const [only] = names;
    const of = names.size === 1 && only !== undefined ? only : pluralize(names.size, 'image');
    item.text = plainLabel(`${of}: ${pluralize(values.length, 'value')} to confirm`);
    item.tooltip = 'Confirm these values';
    if (values.length > 0) {
      item.show();
    } else {
      item.hide();
    }
  };
  update();
  return vscode.Disposable.from(item, images.onDidChange(update));
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
