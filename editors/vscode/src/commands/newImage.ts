// New Image: asks for its name and the image it is made after, shows the change, makes it, and
// lists what only upstream can confirm.

import * as vscode from 'vscode';
import { distributionOf, type ImageOf, type Images } from '../images';
import { type Change, SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { ask, type Said } from './ask';
import { review } from './review';
import { argumentsOf, atCursor, imageFor, pickImage, type Subject, subjectOf } from './target';
import { listToVerify } from './verify';

const TITLE = 'New Image';

/** What is to be made. */
interface Plan {
  root: string;
  name: string;
  like?: string;
}

export async function newImage(server: Server, images: Images, subject: Subject): Promise<void> {
  const given = argumentsOf(subject);
  const near = (await subjectOf(images, subject)) ?? (await atCursor(images));
  const root = given.root ?? near?.root ?? (await pickCheckout(images));
  if (root === undefined) {
    return;
  }
  // A code action has said which image it is to be like.
  const like = given.like ?? undefined;
  const name = await askName(server, images, root, near, like);
  if (name === undefined) {
    return;
  }
  const plan = like === undefined ? await askLike(server, images, { root, name }, near) : { root, name, like };
  if (plan !== undefined) {
    await make(server, images, plan);
  }
}

export async function newImageLike(server: Server, images: Images, subject: Subject): Promise<void> {
  const like = await imageFor(images, subject, 'Which image is the new one like?');
  if (like !== undefined) {
    await newImage(server, images, { root: like.root, like: like.state.image });
  }
}

/** What would come of it, or why nothing would. */
function tryOut(server: Server, plan: Plan): Promise<Change | Error> {
  return server.tryOut(SERVER_COMMANDS.newImage, plan);
}

async function pickCheckout(images: Images): Promise<string | undefined> {
  const roots = images.checkouts.map(({ root }) => root);
  return roots.length > 1 ? vscode.window.showQuickPick(roots, { title: 'In which checkout?' }) : roots[0];
}

async function askName(
  server: Server,
  images: Images,
  root: string,
  near: ImageOf | undefined,
  like: string | undefined,
): Promise<string | undefined> {
  const proposal = await proposalAfter(images, near);
  // Any image will do to find out whether a name could be one.
  const any = like ?? near?.state.image ?? images.all(root)[0]?.state.image;
  const judge = async (name: string): Promise<Said> => {
    const change = await tryOut(server, like === undefined ? { root, name } : { root, name, like });
    if (!(change instanceof Error)) {
      return { message: summary(change), isError: false };
    }
    const possible = like === undefined && any !== undefined ? await tryOut(server, { root, name, like: any }) : change;
    return possible instanceof Error
      ? { message: change.message, isError: true }
      : { message: 'No release comes before it: you will choose the image that it is made after', isError: false };
  };
  return ask({
    title: like === undefined ? TITLE : `${TITLE} Like ${like}`,
    prompt: 'DISTNAME-RELVER, with -ARCH-VENDOR-VARIANT where they differ',
    placeholder: 'fedora-46',
    value: proposal ?? '',
    judge,
  });
}

/** What a change would do, in a line. */
function summary(change: Change): string {
  const files = [...(change.created ?? []), ...(change.symlinks ?? []).map(([link]) => link)];
  const parts = [
    change.like ? `after ${change.like}` : '',
    files.length > 0 ? `creates ${files.length === 1 ? files[0] : `${files.length} files`}` : '',
    (change.edited ?? []).length > 0 ? `edits ${change.edited?.join(', ')}` : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

/** The next release of an image's family. */
async function proposalAfter(images: Images, near: ImageOf | undefined): Promise<string | null> {
  if (near === undefined) {
    return null;
  }
  const at = near.state.uri === null ? null : await images.at(vscode.Uri.parse(near.state.uri));
  return at?.proposal ?? null;
}

/** Shows which image comes before the new one: that one is taken, or another one chosen. */
async function askLike(
  server: Server,
  images: Images,
  plan: Plan,
  near: ImageOf | undefined,
): Promise<Plan | undefined> {
  const change = await tryOut(server, plan);
  const name = change instanceof Error ? undefined : change.like;
  const before = name ? images.find(plan.root, name) : undefined;
  const first = before === undefined ? [] : [{ image: before, why: 'comes before it' }];
  if (near !== undefined && near.root === plan.root && near.state.image !== before?.state.image) {
    first.push({ image: near, why: 'where you are' });
  }
  const distribution = plan.name.split('-')[0];
  const all = images.all(plan.root);
  const related = ({ state }: ImageOf): boolean => distributionOf(state) === distribution;
  const sorted = [...all.filter(related), ...all.filter((image) => !related(image))];
  const like = await pickImage(`${plan.name}: made after which image?`, sorted, first);
  return like === undefined ? undefined : { ...plan, like: like.state.image };
}

async function make(server: Server, images: Images, plan: Plan): Promise<void> {
  const { root, ...arguments_ } = plan;
  const change = await review(server, images, {
    command: SERVER_COMMANDS.newImage,
    root,
    arguments: arguments_,
    title: `New image ${plan.name}`,
    verb: 'Make',
  });
  if (change === undefined) {
    return;
  }
  await images.read();
  // The server shows a script that it made, and tells of a link; that leads to one that was there.
  const isLink = (change.symlinks ?? []).length > 0;
  const build = images.find(root, plan.name)?.state.uri;
  if (isLink && build) {
    await vscode.window.showTextDocument(vscode.Uri.parse(build));
  }
  await listToVerify(images, plan, change.verify ?? [], !isLink);
}
