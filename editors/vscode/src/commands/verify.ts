// Values of a new image that were carried over or derived, and that only upstream can confirm.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { plainLabel } from '../plainText';
import { type ChangeReport, toVscodeRange, type ValueToVerify } from '../protocol';
import { pluralize } from '../views/imageState';
import { showFinished } from './nextSteps';
import { formatFileRange } from './pickFileRange';

/** Number of code actions whose edit is asked for. */
const RESOLVED_ACTIONS = 10;

interface ValueItem extends vscode.QuickPickItem {
  value: ValueToVerify;
}

/** Tells the user that an image was created, and has them say which values in it are right. */
export async function showValuesToVerify(
  images: Images,
  { root, name }: { root: string; name: string },
  report: ChangeReport,
): Promise<void> {
  const values = onePerRecord(report.verify);
  const count = pluralize(values.length, 'value');
  const confirm = 'Confirm';
  const sentence = `Created ${name}. Only upstream can confirm ${count} in it.`;
  if ((await showFinished(images, root, sentence, report, confirm)) !== confirm) {
    return;
  }
  const right = await pickRightValues(images, root, name, values);
  for (const value of right) {
    await recordRight(images, root, value);
  }
  if (right.length > 0) {
    const left = values.length - right.length;
    const rest = left === 0 ? 'Nothing is left to confirm' : `${pluralize(left, 'value')} left to confirm`;
    await showFinished(images, root, `Recorded ${pluralize(right.length, 'value')} of ${name}. ${rest}.`, report);
  }
}

/** Returns the first value of those that have one record, such as a number in several lines. */
function onePerRecord(values: ValueToVerify[]): ValueToVerify[] {
  const keys = new Set<string>();
  return values.filter(({ key }) => {
    const isFirst = key === null || !keys.has(key);
    if (key !== null) {
      keys.add(key);
    }
    return isFirst;
  });
}

/** Has the user pick the values that are right; each has a button that leads to it. */
function pickRightValues(
  images: Images,
  root: string,
  name: string,
  values: ValueToVerify[],
): Promise<ValueToVerify[]> {
  const open: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('go-to-file'), tooltip: 'Go to the value' };
  const box = vscode.window.createQuickPick<ValueItem>();
  box.title = plainLabel(`${name}: which of these values are right?`);
  box.canSelectMany = true;
  // One looks them up elsewhere.
  box.ignoreFocusOut = true;
  box.items = values.map((value) => ({
    label: plainLabel([...variableOf(value), value.resolved ?? value.text.trim()].join(': ')),
    description: plainLabel(formatFileRange(value)),
    detail: plainLabel(value.why),
    buttons: [open],
    value,
  }));
  return new Promise((resolve) => {
    box.onDidTriggerItemButton(({ item: { value } }) => {
      const selection = value.range === null ? {} : { selection: toVscodeRange(value.range) };
      void vscode.window.showTextDocument(images.file(root, value.path), { ...selection, preserveFocus: true });
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

/** Returns the variable of a value, if it is assigned to one. */
function variableOf({ key }: ValueToVerify): string[] {
  return key === null ? [] : [key.slice(key.indexOf('/') + 1)];
}

/** Records a value as right, as the code action at it does. */
async function recordRight(images: Images, root: string, value: ValueToVerify): Promise<void> {
  const { path, range, text } = value;
  const actions =
    range === null
      ? []
      : await vscode.commands.executeCommand<vscode.CodeAction[]>(
          'vscode.executeCodeActionProvider',
          images.file(root, path),
          toVscodeRange(range),
          vscode.CodeActionKind.QuickFix.value,
          RESOLVED_ACTIONS,
        );
  const names = variableOf(value).map((name) => `\`${name}\``);
  const record = actions.find(
    ({ title }) => title.startsWith('This is right') && names.every((name) => title.includes(name)),
  );
  if (record?.edit === undefined || !(await vscode.workspace.applyEdit(record.edit, { isRefactoring: true }))) {
    throw new Error(`Could not record that \`${text.trim()}\` in ${path} is right: use the code action at it`);
  }
  await Promise.all(record.edit.entries().map(async ([uri]) => (await vscode.workspace.openTextDocument(uri)).save()));
}
