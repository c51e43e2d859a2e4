// The commands, by name. What goes wrong in one is told to the user in a sentence.

import * as vscode from 'vscode';
import type { Location, Position } from 'vscode-languageclient/node';
import type { Images } from '../images';
import { CLIENT_COMMANDS, SERVER_COMMANDS } from '../protocol';
import { asError, type Server } from '../server';
import type { Status } from '../status';
import type { Tests } from '../tests/controller';
import { bumpImage } from './bumpImage';
import { renameImage, retireImage } from './change';
import { newImage, newImageLike } from './newImage';
import { registerReview } from './review';
import { imageFor, type Subject } from './target';

interface CommandContext {
  server: Server;
  images: Images;
  status: Status;
  tests: Tests;
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
        void vscode.window.showErrorMessage(message);
      }
    });
  // A code action leads to these even in a workspace that is not trusted.
  const registerTrusted: Register = (name, handler) =>
    register(name, async (...arguments_: Parameters<typeof handler>) => {
      if (!vscode.workspace.isTrusted) {
        throw new Error('In Restricted Mode a checkout is only read: trust the workspace first');
      }
      await handler(...arguments_);
    });
  return [
    registerReview(),
    ...registerChanges(context, registerTrusted),
    ...registerTests(context, registerTrusted),
    ...registerViews(context, register),
  ];
}

/** Commands that change the checkout. */
function registerChanges({ server, images }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register(SERVER_COMMANDS.newImage, (subject: Subject) => newImage(server, images, subject)),
    register('imageScripts.newImageLike', (subject: Subject) => newImageLike(server, images, subject)),
    register(SERVER_COMMANDS.retireImage, (subject: Subject) => retireImage(server, images, subject)),
    register(SERVER_COMMANDS.renameImage, (subject: Subject) => renameImage(server, images, subject)),
    register(SERVER_COMMANDS.bumpImage, (subject: Subject) => bumpImage(server, images, subject)),
  ];
}

/** Commands that run something of the checkout. */
function registerTests({ images, tests }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register('imageScripts.runImageTest', async (subject: Subject) => {
      const image = await imageFor(images, subject, 'Test which image?');
      if (image !== undefined) {
        await tests.runImage(image);
      }
    }),
    register(CLIENT_COMMANDS.runTest, (words: string[]) => tests.runWords(words)),
  ];
}

/** Commands that show something, and the one that restarts the server. */
function registerViews({ server, status }: CommandContext, register: Register): vscode.Disposable[] {
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
    register('imageScripts.restartServer', () => server.restart()),
    register('imageScripts.showLog', () => server.log.show()),
    register('imageScripts.showStatus', () => status.show()),
  ];
}
