// Ask Upstream: about an image, or about all images of a checkout.

import type { Images } from '../images';
import type { AskUpstream } from '../upstream';
import { pickCheckout } from './pickCheckout';
import { type CommandArgument, resolveImage } from './pickImage';

export async function askUpstream(upstream: AskUpstream, images: Images, argument: CommandArgument): Promise<void> {
  const image = await resolveImage(images, argument, 'Ask upstream about which image?');
  if (image !== undefined) {
    await upstream.ask(image.root, image.state.image);
  }
}

export async function askUpstreamAboutAll(upstream: AskUpstream, images: Images): Promise<void> {
  const root = await pickCheckout(images, 'Ask upstream about the images of which checkout?');
  if (root !== undefined) {
    await upstream.ask(root, undefined);
  }
}
