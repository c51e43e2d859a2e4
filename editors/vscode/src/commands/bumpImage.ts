// Bump Image: a new point release, build number or other value, wherever the old one stands.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { plainLabel } from '../plainText';
import { SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { showInputBox, validationError, validationInfo } from './inputBox';
import { showFinished } from './nextSteps';
import { type CommandArgument, resolveImage } from './pickImage';
import { reviewChange } from './reviewChange';

/** Kind of value that can be bumped. */
interface ValueKind extends vscode.QuickPickItem {
  prompt: string;
  placeholder: string;
  /** Returns the arguments for the server; undefined if the text is incomplete. */
  arguments: (text: string) => object | undefined;
}

const VALUE_KINDS: ValueKind[] = [
  {
    label: 'Point release',
    description: 'POINTVER',
    prompt: 'New point release',
    placeholder: '10.3',
    arguments: (pointver) => ({ pointver }),
  },
  {
    label: 'Build number',
    description: 'of the packages in RELEASE',
    prompt: 'New build number',
    placeholder: '16',
    arguments: (build) => ({ build }),
  },
  {
    label: 'Another variable',
    prompt: 'VARIABLE=value',
    placeholder: 'CHANNEL=26.11',
    arguments: (text) => {
      const [, variable, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
      return variable === undefined ? undefined : { set: { [variable]: value } };
    },
  },
];

export async function bumpImage(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const image = await resolveImage(images, argument, 'Bump which image?');
  const title = `Bump ${image?.state.image}`;
  const kind = image && (await vscode.window.showQuickPick(VALUE_KINDS, { title: plainLabel(title) }));
  if (image === undefined || kind === undefined) {
    return;
  }
  const command = SERVER_COMMANDS.bumpImage;
  const { root } = image;
  const name = image.state.image;
  const text = await showInputBox({
    title: `${title}: ${kind.label}`,
    prompt: kind.prompt,
    placeholder: kind.placeholder,
    value: '',
    validateInput: async (text) => {
      const arguments_ = kind.arguments(text);
      if (arguments_ === undefined) {
        return validationError('The text must have the form VARIABLE=value');
      }
      const report = await server.dryRun(command, { ...arguments_, root, name });
      return report instanceof Error
        ? validationError(report.message)
        : validationInfo(`edits ${report.edited?.join(', ')}`);
    },
  });
  if (text !== undefined) {
    const report = await reviewChange(server, images, {
      command,
      root,
      arguments: { ...kind.arguments(text), name },
      title: `${title} to ${text}`,
    });
    if (report !== undefined) {
      await showFinished(`Bumped ${name} to ${text}.`, report);
    }
  }
}
