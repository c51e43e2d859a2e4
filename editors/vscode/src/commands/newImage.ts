// New Image: asks which release, which image to be like where none precedes it, and whether an older
// one goes; shows the change, makes it, and lists what only upstream can confirm.

import * as vscode from 'vscode';
import { type CheckoutImage, distributionOf, type Images } from '../images';
import { plainLabel } from '../plainText';
import { type ChangeReport, SERVER_COMMANDS, type TrackState } from '../protocol';
import type { Server } from '../server';
import { yieldsToForce } from './force';
import { refusal, showInputBox, validationInfo } from './inputBox';
import { showFinished } from './nextSteps';
import { pickCheckout } from './pickCheckout';
import {
  type CommandArgument,
  codeActionArgument,
  distributionOfArgument,
  imageAtCursor,
  imageOfArgument,
  pickImage,
  resolveImage,
} from './pickImage';
import { pickNextRelease } from './pickNextRelease';
import { reviewChange } from './reviewChange';
import { showValuesToVerify } from './verify';

const TITLE = 'New Image';

/** Arguments of the server's command. */
interface NewImageArguments {
  root: string;
  name: string;
  like?: string;
  replace?: string;
}

export async function newImage(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const { like, root: givenRoot } = codeActionArgument(argument);
  const distribution = distributionOfArgument(argument);
  const current = (await imageOfArgument(images, argument)) ?? (await imageAtCursor(images));
  const root = givenRoot ?? distribution?.root ?? current?.root ?? (await pickCheckout(images, 'In which checkout?'));
  if (root === undefined) {
    return;
  }
  // A code action has determined the image to be like.
  const arguments_ = like
    ? await askForNameLike(server, images, root, like)
    : await askForRelease(server, images, root, (track) =>
        distribution === undefined
          ? current !== undefined && track.images.includes(current.state.image)
          : track.distribution === distribution.name,
      );
  const replace = arguments_ && (await askForReplaced(server, images, arguments_));
  if (arguments_ !== undefined && replace !== undefined) {
    await createImage(server, images, { ...arguments_, ...replace });
  }
}

export async function newImageLike(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const like = await resolveImage(images, argument, 'Which image should the new one be like?');
  if (like !== undefined) {
    await newImage(server, images, { root: like.root, like: like.state.image });
  }
}

function dryRun(server: Server, arguments_: NewImageArguments): Promise<ChangeReport | Error> {
  return server.dryRun(SERVER_COMMANDS.newImage, arguments_);
}

/** The same for a name that may be unusual: whether it is meant is asked before the change is shown. */
function forcedDryRun(server: Server, arguments_: NewImageArguments): Promise<ChangeReport | Error> {
  return server.dryRun(SERVER_COMMANDS.newImage, { ...arguments_, force: true });
}

/** Asks for the name of an image like another one. */
async function askForNameLike(
  server: Server,
  images: Images,
  root: string,
  like: string,
): Promise<NewImageArguments | undefined> {
  const name = await showNameBox(`${TITLE} Like ${like}`, images.trackOf(root, like)?.next ?? '', async (name) => {
    const report = await dryRun(server, { root, name, like });
    return report instanceof Error ? refusal(report) : validationInfo(summary(report));
  });
  return name === undefined ? undefined : { root, name, like };
}

/** Asks which release the image is of, and which image it is like if none precedes it. */
async function askForRelease(
  server: Server,
  images: Images,
  root: string,
  isFirst: (track: TrackState) => boolean,
): Promise<NewImageArguments | undefined> {
  const picked = await pickNextRelease(TITLE, images.tracks(root), isFirst);
  if (picked === undefined || 'name' in picked) {
    return picked && { root, name: picked.name };
  }
  // Any image does to find out whether a name is possible.
  const anyImage = images.all(root)[0]?.state.image;
  const name = await showNameBox(TITLE, picked.text, async (name) => {
    const report = await dryRun(server, { root, name });
    if (!(report instanceof Error)) {
      return validationInfo(summary(report));
    }
    const possible =
      anyImage === undefined || yieldsToForce(report) ? report : await dryRun(server, { root, name, like: anyImage });
    return possible instanceof Error
      ? refusal(report)
      : validationInfo('No previous release found: you will pick the image to be like');
  });
  if (name === undefined) {
    return undefined;
  }
  const hasPredecessor = !((await forcedDryRun(server, { root, name })) instanceof Error);
  return hasPredecessor ? { root, name } : pickLike(images, root, name);
}

function showNameBox(
  title: string,
  value: string,
  validateInput: (name: string) => Promise<vscode.InputBoxValidationMessage>,
): Promise<string | undefined> {
  return showInputBox({
    title,
    prompt: 'DISTNAME-RELVER, with -ARCH-VENDOR-VARIANT where they differ from the defaults',
    placeholder: 'fedora-46',
    value,
    validateInput,
  });
}

/** Returns what a change would do, in one line. */
function summary(report: ChangeReport): string {
  const files = [...report.created, ...report.symlinks.map(([link]) => link)];
  const clauses = [
    report.like ? `like ${report.like}` : '',
    files.length > 0 ? `creates ${files.length === 1 ? files[0] : `${files.length} files`}` : '',
    report.edited.length > 0 ? `edits ${report.edited?.join(', ')}` : '',
  ];
  return clauses.filter((clause) => clause !== '').join('; ');
}

/** Has the user pick the image to be like, those of its distribution first. */
async function pickLike(images: Images, root: string, name: string): Promise<NewImageArguments | undefined> {
  const distribution = name.split('-')[0];
  const all = images.all(root);
  const isRelated = ({ state }: CheckoutImage): boolean => distributionOf(state) === distribution;
  const sorted = [...all.filter(isRelated), ...all.filter((image) => !isRelated(image))];
  const like = await pickImage(images, `${name}: like which image?`, sorted);
  return like === undefined ? undefined : { root, name, like: like.state.image };
}

/** Asks which of the releases before it the image replaces, where there are several; undefined if cancelled. */
async function askForReplaced(
  server: Server,
  images: Images,
  arguments_: NewImageArguments,
): Promise<Pick<NewImageArguments, 'replace'> | undefined> {
  const { root, name } = arguments_;
  const report = await forcedDryRun(server, arguments_);
  const like = report instanceof Error ? null : report.like;
  const track = like === null ? undefined : images.trackOf(root, like);
  // Of another distribution nothing is replaced.
  if (track === undefined || track.images.length < 2 || name.split('-')[0] !== like?.split('-')[0]) {
    return {};
  }
  const items: (vscode.QuickPickItem & Pick<NewImageArguments, 'replace'>)[] = [
    { label: 'Keep all' },
    ...track.images.map((replace, index) => {
      const isOver = images.find(root, replace)?.state.support?.over === true;
      const remarks = [
        ...(index === 0 ? [`oldest of ${track.images.length}`] : []),
        ...(isOver ? ['out of support'] : []),
      ];
      return { label: plainLabel(`Also retire ${replace}`), description: remarks.join(', '), replace };
    }),
  ];
  const title = plainLabel(`${name}: retire another release, too?`);
  const item = await vscode.window.showQuickPick(items, { title, ignoreFocusOut: true });
  return item && (item.replace === undefined ? {} : { replace: item.replace });
}

async function createImage(server: Server, images: Images, { root, ...arguments_ }: NewImageArguments): Promise<void> {
  const { name, replace } = arguments_;
  const report = await reviewChange(server, images, {
    command: SERVER_COMMANDS.newImage,
    root,
    arguments: arguments_,
    title: replace === undefined ? `New image ${name}` : `New image ${name}, ${replace} retired`,
    anyway: 'Create Anyway',
  });
  if (report === undefined) {
    return;
  }
  // The server opens a script that it creates; a link leads to an old one.
  const isLink = report.symlinks.length > 0;
  const build = images.find(root, name)?.state.uri;
  if (isLink && build) {
    await vscode.window.showTextDocument(vscode.Uri.parse(build));
  }
  if (report.verify.length > 0) {
    await showValuesToVerify(server, images, { root, name }, report);
  } else {
    await showFinished(images, root, `Created ${name}.`, report);
  }
}
