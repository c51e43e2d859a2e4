// New Image: asks for a name and for the image to be like, shows the change, makes it, and lists
// what only upstream can confirm.

import * as vscode from 'vscode';
import { type CheckoutImage, distributionOf, type Images } from '../images';
import { type ChangeReport, SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { showInputBox, validationError, validationInfo } from './inputBox';
import { showFinished } from './nextSteps';
import { pickCheckout } from './pickCheckout';
import {
  type CommandArgument,
  codeActionArgument,
  imageAtCursor,
  imageOfArgument,
  pickImage,
  proposalAfter,
  resolveImage,
  type SuggestedImage,
} from './pickImage';
import { reviewChange } from './reviewChange';
import { showValuesToVerify } from './verify';

const TITLE = 'New Image';

/** Arguments of the server's command. */
interface NewImageArguments {
  root: string;
  name: string;
  like?: string;
}

export async function newImage(server: Server, images: Images, argument: CommandArgument): Promise<void> {
  const given = codeActionArgument(argument);
  const current = (await imageOfArgument(images, argument)) ?? (await imageAtCursor(images));
  const root = given.root ?? current?.root ?? (await pickCheckout(images, 'In which checkout?'));
  if (root === undefined) {
    return;
  }
  // A code action has determined the image to be like.
  const like = given.like ?? undefined;
  const name = await promptForName(server, images, root, current, like);
  if (name === undefined) {
    return;
  }
  const arguments_ =
    like === undefined ? await pickLike(server, images, { root, name }, current) : { root, name, like };
  if (arguments_ !== undefined) {
    await createImage(server, images, arguments_);
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

async function promptForName(
  server: Server,
  images: Images,
  root: string,
  current: CheckoutImage | undefined,
  like: string | undefined,
): Promise<string | undefined> {
  const proposal = current === undefined ? null : await proposalAfter(images, current);
  // Any image does to find out whether a name is possible.
  const anyImage = like ?? current?.state.image ?? images.all(root)[0]?.state.image;
  const validateInput = async (name: string): Promise<vscode.InputBoxValidationMessage> => {
    const report = await dryRun(server, like === undefined ? { root, name } : { root, name, like });
    if (!(report instanceof Error)) {
      return validationInfo(summary(report));
    }
    const possible =
      like === undefined && anyImage !== undefined ? await dryRun(server, { root, name, like: anyImage }) : report;
    return possible instanceof Error
      ? validationError(report.message)
      : validationInfo('No previous release found: you will pick the image to be like');
  };
  return showInputBox({
    title: like === undefined ? TITLE : `${TITLE} Like ${like}`,
    prompt: 'DISTNAME-RELVER, with -ARCH-VENDOR-VARIANT where they differ from the defaults',
    placeholder: 'fedora-46',
    value: proposal ?? '',
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

/** Has the user pick the image to be like, the previous release first. */
async function pickLike(
  server: Server,
  images: Images,
  arguments_: NewImageArguments,
  current: CheckoutImage | undefined,
): Promise<NewImageArguments | undefined> {
  const { root, name } = arguments_;
  const report = await dryRun(server, arguments_);
  const previousName = report instanceof Error ? undefined : report.like;
  const previous = previousName ? images.find(root, previousName) : undefined;
  const suggested: SuggestedImage[] = previous === undefined ? [] : [{ image: previous, reason: 'previous release' }];
  if (current !== undefined && current.root === root && current.state.image !== previous?.state.image) {
    suggested.push({ image: current, reason: 'current image' });
  }
  const distribution = name.split('-')[0];
  const all = images.all(root);
  const isRelated = ({ state }: CheckoutImage): boolean => distributionOf(state) === distribution;
  const sorted = [...all.filter(isRelated), ...all.filter((image) => !isRelated(image))];
  const like = await pickImage(`${name}: like which image?`, sorted, suggested);
  return like === undefined ? undefined : { ...arguments_, like: like.state.image };
}

async function createImage(server: Server, images: Images, { root, ...arguments_ }: NewImageArguments): Promise<void> {
  const { name } = arguments_;
  const report = await reviewChange(server, images, {
    command: SERVER_COMMANDS.newImage,
    root,
    arguments: arguments_,
    title: `New image ${name}`,
    button: 'Create',
  });
  if (report === undefined) {
    return;
  }
  await images.refresh();
  // The server opens a script that it creates; a link leads to an old one.
  const isLink = report.symlinks.length > 0;
  const build = images.find(root, name)?.state.uri;
  if (isLink && build) {
    await vscode.window.showTextDocument(vscode.Uri.parse(build));
  }
  if (report.verify.length > 0) {
    await showValuesToVerify({ root, name }, report);
  } else {
    await showFinished(`Created ${name}.`, report);
  }
}
