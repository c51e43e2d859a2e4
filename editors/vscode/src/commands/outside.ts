// Commands outside of a checkout: they say that there is none. Those of a checkout take their place once
// one is found.

import * as vscode from 'vscode';
import { hasCheckout } from '../checkout';
import { showError } from '../notifications';

export const NO_CHECKOUT =
  'No checkout here, above or below: open a folder of vpsAdminOS, one in it or one that has it';

const COMMANDS = [
  'newImage',
  'newImageLike',
  'retireImage',
  'renameImage',
  'bumpImage',
  'runImageTest',
  'showContainerScript',
  'showOverview',
  'describeChange',
  'showPolicy',
  'comparePolicy',
  'showLegend',
  'openFile',
].map((name) => `imageScripts.${name}`);

/** Registers the commands until there is a checkout; `found` resolves after those of the checkout are registered. */
export function registerCommandsOutside(found: Promise<void>): vscode.Disposable {
  const register = (name: string): vscode.Disposable =>
    vscode.commands.registerCommand(name, async (...arguments_: unknown[]) => {
      const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
      const has = await Promise.all(folders.map(({ uri }) => hasCheckout(uri.fsPath)));
      if (!has.some(Boolean)) {
        await showError(NO_CHECKOUT);
        return;
      }
      // The extension was woken by the command, and has yet to find it.
      await found;
      await vscode.commands.executeCommand(name, ...arguments_);
    });
  return vscode.Disposable.from(...COMMANDS.map(register));
}
