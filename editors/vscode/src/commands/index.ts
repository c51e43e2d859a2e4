// Commands by name. An error in one is shown to the user.

import * as vscode from 'vscode';
import type { Location, Position } from 'vscode-languageclient/node';
import type { ContainerScripts } from '../container/containerScripts';
import type { Images } from '../images';
import type { Leftovers } from '../leftovers';
import { showError } from '../notifications';
import type { PolicyQuery } from '../policyDocuments';
import { CLIENT_COMMANDS, SERVER_COMMANDS } from '../protocol';
import { showRule } from '../ruleDocuments';
import { asError, type Server } from '../server';
import type { ImageTests } from '../testing/imageTests';
import type { Triage } from '../testing/triage';
import type { AskUpstream } from '../upstream';
import type { ImagesNode, ImagesView } from '../views/imagesView';
import type { Overview } from '../views/overview';
import { showLegend } from '../views/signs';
import { askUpstream, askUpstreamAboutAll } from './askUpstream';
import { bumpImage } from './bumpImage';
import { describeChange } from './describeChange';
import { newBuilder } from './newBuilder';
import { newImage, newImageLike } from './newImage';
import { registerNextSteps } from './nextSteps';
import { openFile } from './openFile';
import { browseValue, confirmValue } from './openValues';
import { NO_CHECKOUT } from './outside';
import { type CommandArgument, resolveImage } from './pickImage';
import { comparePolicy, showImagePolicy } from './policy';
import { renameImage } from './renameImage';
import { retireImage } from './retireImage';
import { registerReview } from './reviewChange';
import { triageLog } from './triage';
import { confirmValues, registerValuesToConfirm } from './verify';

interface CommandContext {
  server: Server;
  images: Images;
  leftovers: Leftovers;
  view: ImagesView;
  overview: Overview;
  containers: ContainerScripts;
  tests: ImageTests;
  triage: Triage;
  upstream: AskUpstream;
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
  // One that was open may have gone since, with another branch.
  const registerInCheckout: Register = (name, handler) =>
    register(name, async (...arguments_: Parameters<typeof handler>) => {
      const { server, images } = context;
      if (server.state === 'running' && images.checkouts.length === 0) {
        await images.refresh();
        if (images.checkouts.length === 0) {
          throw new Error(NO_CHECKOUT);
        }
      }
      await handler(...arguments_);
    });
  // A code action leads to these even in a workspace that is not trusted.
  const registerTrusted: Register = (name, handler) =>
    registerInCheckout(name, async (...arguments_: Parameters<typeof handler>) => {
      if (!vscode.workspace.isTrusted) {
        throw new Error(
          'In Restricted Mode a checkout is only read: trust the workspace to change it or run its tests',
        );
      }
      await handler(...arguments_);
    });
  return [
    registerReview(context.images),
    registerNextSteps(context.images),
    registerValuesToConfirm(context.images),
    ...registerChanges(context, registerTrusted),
    ...registerTests(context, registerTrusted),
    ...registerUpstream(context, registerTrusted),
    ...registerTriage(context, registerInCheckout, registerTrusted),
    ...registerViews(context, registerInCheckout),
    register('imageScripts.restartServer', () => context.server.restart()),
    register('imageScripts.showLog', () => context.server.log.show()),
  ];
}

/** Registers the commands that change the checkout. */
function registerChanges({ server, images, leftovers }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register(SERVER_COMMANDS.newImage, (argument: CommandArgument) => newImage(server, images, argument)),
    register('imageScripts.newImageLike', (argument: CommandArgument) => newImageLike(server, images, argument)),
    register(SERVER_COMMANDS.retireImage, (argument: CommandArgument) =>
      retireImage(server, images, leftovers, argument),
    ),
    register(SERVER_COMMANDS.renameImage, (argument: CommandArgument) => renameImage(server, images, argument)),
    register(SERVER_COMMANDS.bumpImage, (argument: CommandArgument) => bumpImage(server, images, argument)),
    register(SERVER_COMMANDS.newBuilder, () => newBuilder(server, images)),
    register('imageScripts.confirmValue', (node?: ImagesNode) => confirmValue(server, images, node)),
    register('imageScripts.confirmValues', (argument: CommandArgument) => confirmValues(server, images, argument)),
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

/** Registers the commands that use the network. */
function registerUpstream({ images, upstream }: CommandContext, register: Register): vscode.Disposable[] {
  return [
    register('imageScripts.askUpstream', (argument: CommandArgument) => askUpstream(upstream, images, argument)),
    register('imageScripts.askUpstreamAboutAll', () => askUpstreamAboutAll(upstream, images)),
    register('imageScripts.applyUpstreamFix', (uri: string, title: string) => upstream.applyFix(uri, title)),
  ];
}

/** Registers the commands that look for the causes of failures, and fix them. */
function registerTriage(
  { images, triage }: CommandContext,
  register: Register,
  registerChange: Register,
): vscode.Disposable[] {
  return [
    register('imageScripts.triageLog', () => triageLog(images, triage)),
    registerChange('imageScripts.applyTriageFix', (...fix: Parameters<Triage['applyFix']>) => triage.applyFix(...fix)),
  ];
}

/** Registers the commands that only show something. */
function registerViews(
  { server, images, leftovers, view, overview, containers }: CommandContext,
  register: Register,
): vscode.Disposable[] {
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
    register(CLIENT_COMMANDS.showContainerScript, (argument: CommandArgument) => containers.show(argument)),
    register('imageScripts.describeChange', () => describeChange(server, images)),
    register('imageScripts.showOverview', () => overview.show()),
    register('imageScripts.showPolicy', (argument: CommandArgument) => showImagePolicy(images, argument)),
    register(CLIENT_COMMANDS.comparePolicy, (argument: CommandArgument | PolicyQuery) =>
      comparePolicy(server, images, argument),
    ),
    register('imageScripts.openFile', (path: string, heading?: string) => openFile(images, path, heading)),
    register('imageScripts.showLegend', () => showLegend(images)),
    register('imageScripts.dismissLeftover', (node?: ImagesNode) => {
      if (node?.kind === 'leftover') {
        leftovers.remove(node.leftover);
      }
    }),
    register('imageScripts.browseValue', (node?: ImagesNode) => browseValue(node)),
    register('imageScripts.revealValues', (root: string, name: string) => view.revealValues(root, name)),
  ];
}
