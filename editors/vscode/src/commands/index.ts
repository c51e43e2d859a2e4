// Commands by name. An error in one is shown to the user.

import * as vscode from 'vscode';
import type { Location, Position } from 'vscode-languageclient/node';
import type { Images } from '../images';
import { showError } from '../notifications';
import { CLIENT_COMMANDS, SERVER_COMMANDS } from '../protocol';
import { showRule } from '../ruleDocuments';
import { asError, type Server } from '../server';
import type { ImageTests } from '../testing/imageTests';
import type { Overview } from '../views/overview';
import { bumpImage } from './bumpImage';
import { newImage, newImageLike } from './newImage';
import { registerNextSteps } from './nextSteps';
import { type CommandArgument, resolveImage } from './pickImage';
import { renameImage } from './renameImage';
import { retireImage } from './retireImage';
import { registerReview } from './reviewChange';

interface CommandContext {
  server: Server;
  images: Images;
  overview: Overview;
  tests: ImageTests;
}

/** Registers a command that shows its errors to the user. */
type Register = <Arguments extends unknown[]>(
  name: string,
  handler: (...arguments_: Arguments) => Promise<void> | void,
) => vscode.Disposable;

export function registerCommands(context: CommandContext): vscode.Disposable[] {
  const { log } = context.server;
  const register: Register = (name, handler) =>
    vscode.commands.registerCommand(name, async (...arguments_: Parameters<typeof handler>) => {
      try {
        await handler(...arguments_);
      } catch (error) {
        const { message } = asError(error);
        log.error(`${name}: ${message}`);
        void showError(message);
      }
    });
  // A code action leads to these even in a workspace that is not trusted.
  const registerTrusted: Register = (name, handler) =>
    register(name, async (...arguments_: Parameters<typeof handler>) => {
      if (!vscode.workspace.isTrusted) {
        throw new Error(
          'In Restricted Mode a checkout is only read: trust the workspace to change it or run its tests',
        );
      }
      await handler(...arguments_);
    });
  return [
    registerReview(),
    registerNextSteps(),
    ...registerChanges(context, registerTrusted),
    ...registerTests(context, registerTrusted),
    ...registerViews(context, register),
  ];
}

/** Registers the commands that change the checkout. */
function registerChanges({ server, images }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register(SERVER_COMMANDS.newImage, (argument: CommandArgument) => newImage(server, images, argument)),
    register('imageScripts.newImageLike', (argument: CommandArgument) => newImageLike(server, images, argument)),
    register(SERVER_COMMANDS.retireImage, (argument: CommandArgument) => retireImage(server, images, argument)),
    register(SERVER_COMMANDS.renameImage, (argument: CommandArgument) => renameImage(server, images, argument)),
    register(SERVER_COMMANDS.bumpImage, (argument: CommandArgument) => bumpImage(server, images, argument)),
  ];
}

/** Registers the commands that run tests. */
function registerTests({ images, tests }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register('imageScripts.runImageTest', async (argument: CommandArgument) => {
      const image = await resolveImage(images, argument, 'Test which image?');
      if (image !== undefined) {
        await tests.runImage(image);
      }
    }),
    register(CLIENT_COMMANDS.runTest, (commandLine: string[]) => tests.runCommandLine(commandLine)),
  ];
}

/** Registers the commands that only show something or restart the server. */
function registerViews({ server, overview }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register(CLIENT_COMMANDS.showReferences, async (uri: string, position: Position, locations: Location[]) => {
      const { converter } = server;
      if (converter !== undefined) {
        await vscode.commands.executeCommand(
          'editor.action.showReferences',
          converter.asUri(uri),
          converter.asPosition(position),
          locations.map((location) => converter.asLocation(location)),
        );
      }
    }),
    register(CLIENT_COMMANDS.explainRule, ({ code }: { code: string }) => showRule(code)),
    register('imageScripts.restartServer', () => server.restart()),
    register('imageScripts.showLog', () => server.log.show()),
    register('imageScripts.showOverview', () => overview.show()),
  ];
}
