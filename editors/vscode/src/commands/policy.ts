// Show Policy and Compare Policy: what an image does to its container, and how it differs from another.

import type { CheckoutImage, Images } from '../images';
import { type PolicyQuery, showPolicy } from '../policyDocuments';
import { type Neighbour, PolicyRequest } from '../protocol';
import type { Server } from '../server';
import { type CommandArgument, pickImage, resolveImage } from './pickImage';

/** Reasons why an image is offered first. */
const REASONS: Record<Neighbour['kind'], string> = {
  predecessor: 'the release before it',
  family: 'the nearest of its family',
  systemd: 'the nearest of another family with the same kind of systemd',
};

export async function showImagePolicy(images: Images, argument: CommandArgument): Promise<void> {
  const image = await resolveImage(images, argument, 'Show the policy of which image?');
  if (image !== undefined) {
    await showPolicy({ root: image.root, image: image.state.image });
  }
}

/** Compares two images; a code action names both. */
export async function comparePolicy(
  server: Server,
  images: Images,
  argument: CommandArgument | PolicyQuery,
): Promise<void> {
  if (argument !== undefined && 'other' in argument && argument.other !== undefined) {
    await showPolicy(argument);
    return;
  }
  const image = await resolveImage(images, argument as CommandArgument, 'Compare the policy of which image?');
  const other = image && (await pickOther(server, images, image));
  if (other !== undefined && image !== undefined) {
    await showPolicy({ root: image.root, image: image.state.image, other: other.state.image });
  }
}

async function pickOther(server: Server, images: Images, image: CheckoutImage): Promise<CheckoutImage | undefined> {
  const { root, state } = image;
  const result = await server.sendRequest(PolicyRequest, { root, image: state.image });
  const suggested = (result?.report.neighbours ?? []).flatMap((neighbour) => {
    const found = images.find(root, neighbour.image);
    return found === undefined ? [] : [{ image: found, reason: REASONS[neighbour.kind] }];
  });
  const others = images.all(root).filter((other) => other.state.image !== state.image);
  return pickImage(images, `Compare the policy of ${state.image} with which image?`, others, suggested);
}
