// Bump Image: a new point release, package build number or other value, wherever the old one stands.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { ask } from './ask';
import { review } from './review';
import { imageFor, type Subject } from './target';

/** What can be bumped, and how the server is told of it. */
interface Kind extends vscode.QuickPickItem {
  prompt: string;
  placeholder: string;
  /** What the server is asked for; undefined while a text says nothing yet. */
  arguments: (text: string) => object | undefined;
}

const KINDS: Kind[] = [
  {
    label: 'Point release',
    description: 'POINTVER',
    prompt: 'The new point release',
    placeholder: '10.3',
    arguments: (pointver) => ({ pointver }),
  },
  {
    label: 'Build number',
    description: 'of the packages in RELEASE',
    prompt: 'The new build number',
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

export async function bumpImage(server: Server, images: Images, subject: Subject): Promise<void> {
  const image = await imageFor(images, subject, 'Bump which image?');
  const title = `Bump ${image?.state.image}`;
  const kind = image && (await vscode.window.showQuickPick(KINDS, { title }));
  if (image === undefined || kind === undefined) {
    return;
  }
  const command = SERVER_COMMANDS.bumpImage;
  const { root } = image;
  const name = image.state.image;
  const text = await ask({
    title: `${title}: ${kind.label}`,
    prompt: kind.prompt,
    placeholder: kind.placeholder,
    value: '',
    judge: async (text) => {
      const what = kind.arguments(text);
      if (what === undefined) {
        return { message: 'It has the form VARIABLE=value', isError: true };
      }
      const change = await server.tryOut(command, { ...what, root, name });
      return change instanceof Error
        ? { message: change.message, isError: true }
        : { message: `edits ${change.edited?.join(', ')}`, isError: false };
    },
  });
  if (text !== undefined) {
    await review(server, images, {
      command,
      root,
      arguments: { ...kind.arguments(text), name },
      title: `${title} to ${text}`,
      verb: 'Bump',
    });
  }
}
