// Retire Image and Rename Image.

import type { Images } from '../images';
import { SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { ask } from './ask';
import { review } from './review';
import { imageFor, type Subject } from './target';

export async function retireImage(server: Server, images: Images, subject: Subject): Promise<void> {
  const image = await imageFor(images, subject, 'Retire which image?');
  if (image !== undefined) {
    const name = image.state.image;
    await review(server, images, {
      command: SERVER_COMMANDS.retireImage,
      root: image.root,
      arguments: { name },
      title: `Retire ${name}`,
      verb: 'Retire',
    });
  }
}

export async function renameImage(server: Server, images: Images, subject: Subject): Promise<void> {
  const image = await imageFor(images, subject, 'Rename which image?');
  if (image === undefined) {
    return;
  }
  const { root } = image;
  const old = image.state.image;
  const command = SERVER_COMMANDS.renameImage;
  const name = await ask({
    title: `Rename ${old}`,
    prompt: 'Its new name, wherever it is named',
    value: old,
    judge: async (name) => {
      if (name === old) {
        return undefined;
      }
      const change = await server.tryOut(command, { root, old, new: name });
      return change instanceof Error ? { message: change.message, isError: true } : undefined;
    },
  });
  if (name !== undefined && name !== old) {
    await review(server, images, {
      command,
      root,
      arguments: { old, new: name },
      title: `Rename ${old} to ${name}`,
      verb: 'Rename',
    });
  }
}
