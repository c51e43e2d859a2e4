// New Builder: the container that images are built in, made after another one.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { plainLabel } from '../plainText';
import { SERVER_COMMANDS } from '../protocol';
import type { Server } from '../server';
import { showInputBox, validationError, validationInfo } from './inputBox';
import { showFinished } from './nextSteps';
import { pickCheckout } from './pickCheckout';
import { reviewChange } from './reviewChange';

const TITLE = 'New Builder';
const COMMAND = SERVER_COMMANDS.newBuilder;

/** Arguments of the server's command. */
interface NewBuilderArguments {
  root: string;
  name: string;
  like: string;
  from?: string;
}

export async function newBuilder(server: Server, images: Images): Promise<void> {
  const root = (await images.atCursor())?.root ?? (await pickCheckout(images, 'In which checkout?'));
  const name = root && (await askForName(server, root));
  const like = name && (await pickLike(server, images, root, name));
  const base = like && (await pickBase(images, root, like));
  if (base) {
    await createBuilder(server, images, { root, name, like, ...base });
  }
}

function askForName(server: Server, root: string): Promise<string | undefined> {
  return showInputBox({
    title: TITLE,
    prompt: 'Name of the builder, as in BUILDER of an image',
    placeholder: 'rocky',
    value: '',
    validateInput: async (name) => {
      const report = await server.dryRun(COMMAND, { root, name });
      return report instanceof Error
        ? validationError(report.message)
        : validationInfo(`creates ${report.created.join(', ')}`);
    },
  });
}

/** Has the user pick the builder to be like, the one that is named most like it first. */
async function pickLike(server: Server, images: Images, root: string, name: string): Promise<string | undefined> {
  const report = await server.dryRun(COMMAND, { root, name });
  const nearest = report instanceof Error ? null : report.like;
  const builders = images.checkouts.find((checkout) => checkout.root === root)?.builders ?? [];
  const items = builders.map((builder) => ({ label: plainLabel(builder.name), name: builder.name }));
  const sorted = [
    ...items.filter((item) => item.name === nearest).map((item) => ({ ...item, description: 'named most like it' })),
    ...items.filter((item) => item.name !== nearest),
  ];
  const item = await vscode.window.showQuickPick(sorted, { title: plainLabel(`${name}: like which builder?`) });
  return item?.name;
}

/** Has the user pick the published image that it starts from, as the server finds it first. */
async function pickBase(images: Images, root: string, like: string): Promise<{ from?: string } | undefined> {
  const bases = images.all(root).flatMap(({ state }) => {
    const { distribution, release, tags } = state;
    if (state.published !== true || distribution === null) {
      return [];
    }
    // A release with a date is another one every day.
    const releases = release === null || release.includes('DATE') ? tags : [release, ...tags];
    return releases.map((version) => ({ from: `${distribution}:${version}`, image: state.image }));
  });
  const items: (vscode.QuickPickItem & { from?: string })[] = [
    { label: 'The image of its name', description: plainLabel(`else that of the builder ${like}`) },
    ...bases.map(({ from, image }) => ({ label: plainLabel(from), description: plainLabel(image), from })),
  ];
  const item = await vscode.window.showQuickPick(items, { title: 'It starts from which published image?' });
  return item && (item.from === undefined ? {} : { from: item.from });
}

async function createBuilder(server: Server, images: Images, arguments_: NewBuilderArguments): Promise<void> {
  const { root, name } = arguments_;
  const report = await reviewChange(server, images, {
    command: COMMAND,
    root,
    arguments: arguments_,
    title: `New builder ${name}`,
  });
  if (report === undefined) {
    return;
  }
  const setup = report.created.find((file) => file.endsWith('/setup.sh'));
  if (setup !== undefined) {
    await vscode.window.showTextDocument(images.file(root, setup));
  }
  await showFinished(images, root, `Created the builder ${name}.`, report);
}
