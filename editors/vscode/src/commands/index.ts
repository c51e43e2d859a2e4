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

interface Parts {
  server: Server;
  images: Images;
  status: Status;
  tests: Tests;
}

export function registerCommands({ server, images, status, tests }: Parts): vscode.Disposable[] {
  const register = <Arguments extends unknown[]>(
    name: string,
    run: (...arguments_: Arguments) => Promise<void> | void,
  ): vscode.Disposable =>
    vscode.commands.registerCommand(name, async (...arguments_: Arguments) => {
      try {
        await run(...arguments_);
      } catch (error) {
        const { message } = asError(error);
        server.log.error(`${name}: ${message}`);
        void vscode.window.showErrorMessage(message);
      }
    });
  // What changes or runs something waits until the workspace is trusted: a code action may lead
  // here all the same.
  const trusted =
    <Arguments extends unknown[]>(run: (...arguments_: Arguments) => Promise<void>) =>
    async (...arguments_: Arguments): Promise<void> => {
      if (vscode.workspace.isTrusted) {
        return run(...arguments_);
      }
      throw new Error('In Restricted Mode a checkout is only read: trust the workspace first');
    };
  return [
    registerReview(),
    register(SERVER_COMMANDS.newImage, trusted((subject: Subject) => newImage(server, images, subject))),
    register('imageScripts.newImageLike', trusted((subject: Subject) => newImageLike(server, images, subject))),
    register(SERVER_COMMANDS.retireImage, trusted((subject: Subject) => retireImage(server, images, subject))),
    register(SERVER_COMMANDS.renameImage, trusted((subject: Subject) => renameImage(server, images, subject))),
    register(SERVER_COMMANDS.bumpImage, trusted((subject: Subject) => bumpImage(server, images, subject))),
    register(
      'imageScripts.runImageTest',
      trusted(async (subject: Subject) => {
        const image = await imageFor(images, subject, 'Test which image?');
        if (image !== undefined) {
          await tests.runImage(image);
        }
      }),
    ),
    register(CLIENT_COMMANDS.runTest, trusted((words: string[]) => tests.runWords(words))),
    register(CLIENT_COMMANDS.showReferences, async (uri: string, position: Position, locations: Location[]) => {
      const converter = server.converter;
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
