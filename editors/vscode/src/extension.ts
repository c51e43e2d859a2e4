// Activation: waits for a checkout, then starts the server and everything that shows its state.
//
// - `checkout`, `documentSelector`: definition of a checkout and of the files in it;
// - `program`, `server`: the server's program and life cycle; `protocol`: its messages;
// - `images`: every image and its state, for `views`, `testing`, `status` and `commands`.

import * as vscode from 'vscode';
import { hasCheckout, isInCheckout } from './checkout';
import { registerCommands } from './commands';
import { registerCommandsOutside } from './commands/outside';
import { ContainerScripts } from './container/containerScripts';
import { followDeletions } from './deletions';
import { Images } from './images';
import { Leftovers } from './leftovers';
import { PolicyDocuments } from './policyDocuments';
import { registerRuleDocuments } from './ruleDocuments';
import { Server } from './server';
import { Status } from './status';
import { ImageTests } from './testing/imageTests';
import { killAll } from './testing/process';
import { Triage } from './testing/triage';
import { AskUpstream } from './upstream';
import { ImagesView } from './views/imagesView';
import { Overview } from './views/overview';

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Image Scripts', { log: true });
  server = new Server(context.extensionUri, log);
  const images = new Images(server);
  context.subscriptions.push(log, server, images);
  // Activation does not wait for a checkout: there may never be one.
  void start(context, server, images);
}

export async function deactivate(): Promise<void> {
  killAll();
  await server?.stop();
}

function setContext(
  key: 'found' | 'active' | 'failed' | 'hasTests' | 'folders' | 'trusted',
  value: boolean | string[],
): void {
  void vscode.commands.executeCommand('setContext', `imageScripts.${key}`, value);
}

async function start(context: vscode.ExtensionContext, server: Server, images: Images): Promise<void> {
  let onFound: () => void = () => undefined;
  const outside = registerCommandsOutside(
    new Promise((resolve) => {
      onFound = resolve;
    }),
  );
  context.subscriptions.push(outside);
  await waitForCheckout(context);
  outside.dispose();
  const overview = new Overview(server, images);
  const containers = new ContainerScripts(server, images);
  const triage = new Triage(server);
  const upstream = new AskUpstream(server, images);
  const tests = new ImageTests(server, images, triage);
  const leftovers = new Leftovers(context.workspaceState);
  const view = new ImagesView(images, leftovers);
  // VS Code's own key `isWorkspaceTrusted` is not always there where trust is disabled.
  setContext('trusted', vscode.workspace.isTrusted);
  setContext('found', true);
  context.subscriptions.push(
    new Status(server, images),
    overview,
    containers,
    tests,
    triage,
    upstream,
    leftovers,
    view,
    registerRuleDocuments(server),
    new PolicyDocuments(server, images),
    ...registerCommands({ server, images, leftovers, view, overview, containers, tests, triage, upstream }),
    followDeletions(server, images, leftovers),
    images.onDidChange(() => {
      const all = images.all();
      setContext(
        'hasTests',
        all.some(({ state }) => state.test !== null),
      );
      setContext(
        'folders',
        all.map((image) => images.folder(image)?.fsPath ?? ''),
      );
    }),
    server.onDidChangeState((state) => {
      setContext('active', state === 'running');
      setContext('failed', state === 'failed');
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      setContext('trusted', true);
      return server.reloadSettings();
    }),
    // Another extension may have an outline of Bash now, or none any more.
    vscode.extensions.onDidChange(() => server.reloadSettings()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('imageScripts.server.path')) {
        void server.restart();
      }
    }),
  );
  onFound();
  await server.start();
}

/** Waits for a checkout at, around or below a folder of the workspace, or around an open file. */
function waitForCheckout(context: vscode.ExtensionContext): Promise<void> {
  return new Promise((resolve) => {
    const listeners: vscode.Disposable[] = [];
    const resolveIf = async (found: Promise<boolean>): Promise<void> => {
      if (await found) {
        vscode.Disposable.from(...listeners).dispose();
        resolve();
      }
    };
    const searchFolders = (): void => {
      for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
        if (uri.scheme === 'file') {
          void resolveIf(hasCheckout(uri.fsPath));
        }
      }
    };
    const searchAround = ({ uri }: vscode.TextDocument): void => {
      if (uri.scheme === 'file' && /\.(sh|nix)$/.test(uri.path)) {
        void resolveIf(isInCheckout(uri.fsPath));
      }
    };
    // Listens first, so that nothing opened during the first search is missed.
    listeners.push(
      vscode.workspace.onDidOpenTextDocument(searchAround),
      vscode.workspace.onDidChangeWorkspaceFolders(searchFolders),
    );
    context.subscriptions.push(...listeners);
    vscode.workspace.textDocuments.forEach(searchAround);
    searchFolders();
  });
}
