// Rename Image: gives an image another name, in all files that contain it.

import type { Images } from '../images';
import { SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { refusal, showInputBox } from './inputBox';
import { showFinished } from './nextSteps';
import { type CommandArgument, resolveImage } from './pickImage';
import { reviewChange } from './reviewChange';

export async function renameImage(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const image = await resolveImage(images, argument, 'Rename which image?');
  if (image === undefined) {
    return;
  }
  const { root } = image;
  const old = image.state.image;
  const command = SERVER_COMMANDS.renameImage;
  const name = await showInputBox({
    title: `Rename ${old}`,
    prompt: 'New name, in all files that contain the old one',
    value: old,
    validateInput: async (name) => {
      if (name === old) {
        return undefined;
      }
      const report = await server.dryRun(command, { root, old, new: name });
      return report instanceof Error ? refusal(report) : undefined;
    },
  });
  if (name !== undefined && name !== old) {
    const report = await reviewChange(server, images, {
      command,
      root,
      arguments: { old, new: name },
      title: `Rename ${old} to ${name}`,
      anyway: 'Rename Anyway',
    });
    if (report !== undefined) {
      await showFinished(images, root, `Renamed ${old} to ${name}.`, report);
    }
  }
}
