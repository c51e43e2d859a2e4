// The extension: waits for a checkout, then starts the server and everything that shows it.
//
// - `places`: where checkouts and their files are; `program`, `server`: the server's program and
//   life; `protocol`: what it answers;
// - `images`: every image and its state, for `views`, `tests`, `status` and `commands`.

import * as vscode from 'vscode';
import { registerCommands } from './commands';
import { Images } from './images';
import { isInCheckout, isNearCheckout } from './places';
import { Server } from './server';
import { Status } from './status';
import { Tests } from './tests/controller';
import { ImagesView } from './views/imagesView';

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('Image Scripts', { log: true });
  server = new Server(context.extensionUri, log);
  const images = new Images(server);
  const status = new Status(server, images);
  const tests = new Tests(server, images);
  context.subscriptions.push(
    log,
    server,
    images,
    status,
    tests,
    new ImagesView(images),
    ...registerCommands({ server, images, status, tests }),
    server.onDidChangeHealth((health) => setContext('active', health === 'running')),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server?.settingsChanged()),
  );
  if (!(await startWhereCheckout(server))) {
    waitForCheckout(context, server);
  }
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

function setContext(key: 'found' | 'active', value: boolean): void {
  void vscode.commands.executeCommand('setContext', `imageScripts.${key}`, value);
}

/** Starts the server if a folder or an open file is in a checkout, or a checkout is in a folder. */
async function startWhereCheckout(server: Server): Promise<boolean> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  for (const { uri } of folders) {
    if (await isNearCheckout(uri.fsPath)) {
      await begin(server);
      return true;
    }
  }
  for (const document of vscode.workspace.textDocuments) {
    if (await startFor(server, document)) {
      return true;
    }
  }
  return false;
}

async function startFor(server: Server, document: vscode.TextDocument): Promise<boolean> {
  const { uri } = document;
  if (uri.scheme !== 'file' || !/\.(sh|nix)$/.test(uri.path) || !(await isInCheckout(uri.fsPath))) {
    return false;
  }
  await begin(server);
  return true;
}

async function begin(server: Server): Promise<void> {
  setContext('found', true);
  await server.start();
}

/** Looks again when a folder or a script is opened. */
function waitForCheckout(context: vscode.ExtensionContext, server: Server): void {
  const waiting: vscode.Disposable[] = [];
  const looked = (found: boolean): void => {
    if (found) {
      waiting.forEach((disposable) => disposable.dispose());
    }
  };
  waiting.push(
    vscode.workspace.onDidOpenTextDocument(async (document) => looked(await startFor(server, document))),
    vscode.workspace.onDidChangeWorkspaceFolders(async () => looked(await startWhereCheckout(server))),
  );
  context.subscriptions.push(...waiting);
}
