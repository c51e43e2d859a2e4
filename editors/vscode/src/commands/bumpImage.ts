// Bump Image: a new point release, build number or other value, wherever the old one stands.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { plainLabel } from '../plainText';
import { type BumpValues, BumpValuesRequest, SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { refusal, showInputBox, validationError, validationInfo } from './inputBox';
import { showFinished } from './nextSteps';
import { type CommandArgument, resolveImage } from './pickImage';
import { reviewChange } from './reviewChange';

/** Value that can be bumped. */
interface ValueItem extends vscode.QuickPickItem {
  prompt: string;
  placeholder?: string;
  /** Value that is there; empty if it is not known. */
  value: string;
  /** Returns the arguments for the server; undefined if the text is incomplete. */
  arguments: (text: string) => object | undefined;
}

export async function bumpImage(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const image = await resolveImage(images, argument, 'Bump which image?');
  if (image === undefined) {
    return;
  }
  const { root } = image;
  const name = image.state.image;
  const title = `Bump ${name}`;
  const items = valueItems(await server.sendRequest(BumpValuesRequest, { root, name }));
  const item = await vscode.window.showQuickPick(items, { title: plainLabel(title), matchOnDescription: true });
  const text = item && (await askForValue(server, root, name, item));
  if (text === undefined || text === item?.value) {
    return;
  }
  const report = await reviewChange(server, images, {
    command: SERVER_COMMANDS.bumpImage,
    root,
    arguments: { ...item?.arguments(text), name },
    title: `${title} to ${text}`,
    anyway: 'Bump Anyway',
  });
  if (report !== undefined) {
    await showFinished(images, root, `Bumped ${name} to ${text}.`, report);
  }
}

/** Returns the values that an image has, and any other one last. */
function valueItems({ pointver, build, set }: BumpValues): ValueItem[] {
  const items: ValueItem[] = [];
  if (pointver !== null) {
    items.push({
      label: 'Point release',
      description: plainLabel(pointver),
      prompt: 'New point release',
      value: pointver,
      arguments: (text) => ({ pointver: text }),
    });
  }
  if (build !== null) {
    items.push({
      label: 'Build number',
      description: plainLabel(`${build}, of the packages in RELEASE`),
      prompt: 'New build number',
      value: build,
      arguments: (text) => ({ build: text }),
    });
  }
  for (const [variable, value] of Object.entries(set)) {
    items.push({
      label: plainLabel(variable),
      description: plainLabel(value),
      prompt: `New value of ${variable}`,
      value,
      arguments: (text) => ({ set: { [variable]: text } }),
    });
  }
  items.push({
    label: 'Another variable',
    prompt: 'VARIABLE=value',
    placeholder: 'CHANNEL=26.11',
    value: '',
    arguments: (text) => {
      const [, variable, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
      return variable === undefined ? undefined : { set: { [variable]: value } };
    },
  });
  return items;
}

function askForValue(server: Server, root: string, name: string, item: ValueItem): Promise<string | undefined> {
  return showInputBox({
    title: `Bump ${name}: ${item.label}`,
    prompt: item.prompt,
    ...(item.placeholder === undefined ? {} : { placeholder: item.placeholder }),
    value: item.value,
    validateInput: async (text) => {
      if (text === item.value) {
        return validationInfo('this is the value that is there');
      }
      const arguments_ = item.arguments(text);
      if (arguments_ === undefined) {
        return validationError('The text must have the form VARIABLE=value');
      }
      const report = await server.dryRun(SERVER_COMMANDS.bumpImage, { ...arguments_, root, name });
      return report instanceof Error ? refusal(report) : validationInfo(`edits ${report.edited?.join(', ')}`);
    },
  });
}
