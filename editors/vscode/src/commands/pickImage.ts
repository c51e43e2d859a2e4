// Image of a command: the one that it was called on, the one at the cursor, or the user's choice.

import * as vscode from 'vscode';
import { type CheckoutImage, distributionOf, type Images } from '../images';
import { plainLabel } from '../plainText';
import { policyQueryOf } from '../policyDocuments';
import type { ImagesNode } from '../views/imagesView';

/** Argument of a code action's command. */
interface CodeActionArgument {
  root?: string;
  name?: string | null;
  like?: string | null;
}

/** Argument of a command: an element of the tree view, a file, or what a code action passes. */
export type CommandArgument = ImagesNode | vscode.Uri | CodeActionArgument | undefined;

function isNode(argument: CommandArgument): argument is ImagesNode {
  return typeof argument === 'object' && 'kind' in argument;
}

/** Returns the argument if a code action passed it, else an empty one. */
export function codeActionArgument(argument: CommandArgument): CodeActionArgument {
  return argument === undefined || isNode(argument) || argument instanceof vscode.Uri ? {} : argument;
}

/** Returns the distribution that a command was called on. */
export function distributionOfArgument(argument: CommandArgument): { root: string; name: string } | undefined {
  return argument !== undefined && isNode(argument) && argument.kind === 'distribution' ? argument : undefined;
}

/** Returns the image that a command was called on. */
export async function imageOfArgument(images: Images, argument: CommandArgument): Promise<CheckoutImage | undefined> {
  if (argument === undefined) {
    return undefined;
  }
  if (isNode(argument)) {
    switch (argument.kind) {
      case 'checkout':
      case 'leftovers':
      case 'leftover':
        return undefined;
      case 'distribution':
        return undefined;
      default:
        return argument.image;
    }
  }
  if (argument instanceof vscode.Uri) {
    return images.ofFolder(argument) ?? firstImage(images, await images.at(argument));
  }
  const name = argument.like ?? argument.name;
  return typeof name === 'string' ? images.all(argument.root).find(({ state }) => state.image === name) : undefined;
}

/** Returns the image at the cursor of the active editor, or the one whose policy that shows. */
export async function imageAtCursor(images: Images): Promise<CheckoutImage | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const policy = active && policyQueryOf(active);
  if (policy !== undefined) {
    return images.find(policy.root, policy.image);
  }
  return firstImage(images, await images.atCursor());
}

function firstImage(images: Images, result: Awaited<ReturnType<Images['at']>>): CheckoutImage | undefined {
  const name = result?.images[0];
  return result === null || name === undefined ? undefined : images.find(result.root, name);
}

/** Image that is offered first, with the reason. */
export interface SuggestedImage {
  image: CheckoutImage;
  reason: string;
}

interface ImageItem extends vscode.QuickPickItem {
  image?: CheckoutImage;
}

/** Has the user pick an image. */
export async function pickImage(
  images: Images,
  title: string,
  offered: CheckoutImage[],
  suggested: SuggestedImage[] = [],
): Promise<CheckoutImage | undefined> {
  const severalCheckouts = new Set(offered.map(({ root }) => root)).size > 1;
  const createItem = (image: CheckoutImage, reason = ''): ImageItem => ({
    label: plainLabel(image.state.image),
    description: plainLabel(
      [reason, severalCheckouts ? images.label(image.root) : ''].filter((text) => text !== '').join(' · '),
    ),
    detail: plainLabel(
      `${distributionOf(image.state)} ${image.state.release ?? '?'}, built in ${image.state.builder ?? '?'}`,
    ),
    image,
  });
  const isSuggested = ({ root, state }: CheckoutImage): boolean =>
    suggested.some(({ image }) => image.root === root && image.state.image === state.image);
  const others = offered.filter((image) => !isSuggested(image));
  const items: ImageItem[] = [
    ...suggested.map(({ image, reason }) => createItem(image, reason)),
    ...(suggested.length > 0 && others.length > 0 ? [{ label: '', kind: vscode.QuickPickItemKind.Separator }] : []),
    ...others.map((image) => createItem(image)),
  ];
  const item = await vscode.window.showQuickPick(items, { title: plainLabel(title), matchOnDescription: true });
  return item?.image;
}

/** Returns the image that a command was called on; else the user picks one, that at the cursor first. */
export async function resolveImage(
  images: Images,
  argument: CommandArgument,
  title: string,
): Promise<CheckoutImage | undefined> {
  const called = await imageOfArgument(images, argument);
  if (called !== undefined) {
    return called;
  }
  const current = await imageAtCursor(images);
  return pickImage(
    images,
    title,
    images.all(),
    current === undefined ? [] : [{ image: current, reason: 'at the cursor' }],
  );
}
