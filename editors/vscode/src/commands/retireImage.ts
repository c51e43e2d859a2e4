// Retire Image: removes an image and everything that names it.

import type { Images } from '../images';
import type { Leftovers } from '../leftovers';
import { SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { showFinished } from './nextSteps';
import { type CommandArgument, resolveImage } from './pickImage';
import { reviewChange } from './reviewChange';

export async function retireImage(
  server: Server,
  images: Images,
  leftovers: Leftovers,
  argument: CommandArgument,
): Promise<void> {
  const image = await resolveImage(images, argument, 'Retire which image?');
  if (image !== undefined) {
    const name = image.state.image;
    const report = await reviewChange(server, images, {
      command: SERVER_COMMANDS.retireImage,
      root: image.root,
      arguments: { name },
      title: `Retire ${name}`,
    });
    if (report !== undefined) {
      leftovers.add(image.root, report);
      await showFinished(images, image.root, `Retired ${name}.`, report);
    }
  }
}
