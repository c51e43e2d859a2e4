// Which image a command is about: the one it was called on, the one the cursor is at, or one that
// the user picks.

import * as vscode from 'vscode';
import { distributionOf, type ImageOf, type Images } from '../images';
import type { Node } from '../views/imagesView';

/** What a command may be called with: something of the view, a file, or what a code action has. */
export type Subject = Node | vscode.Uri | { root?: string; name?: string | null; like?: string | null } | undefined;

function isNode(subject: Subject): subject is Node {
  return typeof subject === 'object' && 'kind' in subject;
}

/** What a code action has; nothing of other subjects. */
export function argumentsOf(subject: Subject): { root?: string; name?: string | null; like?: string | null } {
  return subject === undefined || isNode(subject) || subject instanceof vscode.Uri ? {} : subject;
}

/** The image that a command was called on. */
export async function subjectOf(images: Images, subject: Subject): Promise<ImageOf | undefined> {
  if (subject === undefined) {
    return undefined;
  }
  if (isNode(subject)) {
    switch (subject.kind) {
      case 'image':
        return subject.image;
      case 'distribution':
        return newest(images, subject.images);
      case 'checkout':
        return undefined;
      default:
        return subject.of;
    }
  }
  if (subject instanceof vscode.Uri) {
    const at = await images.at(subject);
    return at?.images[0] === undefined ? undefined : images.find(at.root, at.images[0]);
  }
  const name = subject.like ?? subject.name;
  return typeof name === 'string' ? images.all(subject.root).find(({ state }) => state.image === name) : undefined;
}

/** The newest image that another one may come after; of rolling ones none does. */
async function newest(images: Images, all: ImageOf[]): Promise<ImageOf | undefined> {
  for (const image of all.toReversed()) {
    const at = image.state.uri === null ? null : await images.at(vscode.Uri.parse(image.state.uri));
    if (at?.proposal) {
      return image;
    }
  }
  return all.at(-1);
}

/** The image at the cursor. */
export async function atCursor(images: Images): Promise<ImageOf | undefined> {
  const at = await images.atCursor();
  return at?.images[0] === undefined ? undefined : images.find(at.root, at.images[0]);
}

/** An image to choose. */
export interface Choice extends vscode.QuickPickItem {
  image?: ImageOf;
}

/** Has the user choose an image; `first` are proposed with their reasons. */
export async function pickImage(
  title: string,
  all: ImageOf[],
  first: { image: ImageOf; why: string }[] = [],
): Promise<ImageOf | undefined> {
  const several = new Set(all.map(({ root }) => root)).size > 1;
  const choice = (image: ImageOf, why?: string): Choice => ({
    label: image.state.image,
    description: [why ?? '', several ? image.root : ''].filter((part) => part !== '').join(' · '),
    detail: `${distributionOf(image.state)} ${image.state.release ?? '?'}, built in ${image.state.builder ?? '?'}`,
    image,
  });
  const isProposed = ({ root, state }: ImageOf): boolean =>
    first.some(({ image }) => image.root === root && image.state.image === state.image);
  const rest = all.filter((image) => !isProposed(image));
  const choices: Choice[] = [
    ...first.map(({ image, why }) => choice(image, why)),
    ...(first.length > 0 && rest.length > 0 ? [{ label: '', kind: vscode.QuickPickItemKind.Separator }] : []),
    ...rest.map((image) => choice(image)),
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title, matchOnDescription: true });
  return chosen?.image;
}

/** The image that a command is about: on which it was called, at the cursor, or picked. */
export async function imageFor(images: Images, subject: Subject, title: string): Promise<ImageOf | undefined> {
  const called = await subjectOf(images, subject);
  if (called !== undefined) {
    return called;
  }
  const here = await atCursor(images);
  return pickImage(title, images.all(), here === undefined ? [] : [{ image: here, why: 'at the cursor' }]);
}
