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
import { killAll } from './tests/process';
import { ImagesView } from './views/imagesView';

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Image Scripts', { log: true });
  const started = new Server(context.extensionUri, log);
  server = started;
  const images = new Images(started);
  context.subscriptions.push(log, started, images);
  // Not waited for: there may never be one.
  void checkout(context).then(() => begin(context, started, images));
}

export async function deactivate(): Promise<void> {
  killAll();
  await server?.stop();
}

function setContext(key: 'found' | 'active' | 'failed', value: boolean): void {
  void vscode.commands.executeCommand('setContext', `imageScripts.${key}`, value);
}

/** Everything that shows something: only once there is a checkout. */
async function begin(context: vscode.ExtensionContext, server: Server, images: Images): Promise<void> {
  const status = new Status(server, images);
  const tests = new Tests(server, images);
  setContext('found', true);
  context.subscriptions.push(
    status,
    tests,
    new ImagesView(images),
    ...registerCommands({ server, images, status, tests }),
    server.onDidChangeHealth((health) => {
      setContext('active', health === 'running');
      setContext('failed', health === 'failed');
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => server.settingsChanged()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('imageScripts.server.path')) {
        void server.restart();
      }
    }),
  );
  await server.start();
}

/** Waits for a checkout: at, around or below a folder of the workspace, or around a file that is open. */
function checkout(context: vscode.ExtensionContext): Promise<void> {
  return new Promise((resolve) => {
    const waiting: vscode.Disposable[] = [];
    const look = async (near: Promise<boolean>): Promise<void> => {
      if (await near) {
        vscode.Disposable.from(...waiting).dispose();
        resolve();
      }
    };
    const folders = (): void => {
      for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
        if (uri.scheme === 'file') {
          void look(isNearCheckout(uri.fsPath));
        }
      }
    };
    const document = ({ uri }: vscode.TextDocument): void => {
      if (uri.scheme === 'file' && /\.(sh|nix)$/.test(uri.path)) {
        void look(isInCheckout(uri.fsPath));
      }
    };
    // Before anything is looked at: what is opened meanwhile is not missed.
    waiting.push(
      vscode.workspace.onDidOpenTextDocument(document),
      vscode.workspace.onDidChangeWorkspaceFolders(folders),
    );
    context.subscriptions.push(...waiting);
    vscode.workspace.textDocuments.forEach(document);
    folders();
  });
}
