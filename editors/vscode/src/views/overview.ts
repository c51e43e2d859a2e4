// Overview of a checkout: the page that the server makes, with links that open files here. It is made
// again whenever an image may have changed.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { pickCheckout } from '../commands/pickCheckout';
import type { Images } from '../images';
import { showError } from '../notifications';
import { plainLabel } from '../plainText';
import { OverviewRequest } from '../protocol';
import { asError, type Server } from '../server';

/** Message of the page: a link was followed. */
interface OpenMessage {
  path: string;
  line: number;
}

export class Overview implements vscode.Disposable {
  /** Panels by the root of their checkout. */
  private readonly panels = new Map<string, vscode.WebviewPanel>();
  private readonly listener: vscode.Disposable;

  constructor(
    private readonly server: Server,
    private readonly images: Images,
  ) {
    this.listener = images.onDidChange(() => this.update());
  }

  dispose(): void {
    vscode.Disposable.from(this.listener, ...this.panels.values()).dispose();
  }

  /** Shows the overview of a checkout. The user chooses if several are open. */
  async show(): Promise<void> {
    const root = await pickCheckout(this.images, 'Overview of which checkout?');
    if (root === undefined) {
      return;
    }
    const panel = this.panels.get(root);
    if (panel !== undefined) {
      panel.reveal();
      return;
    }
    const title = `Overview of ${plainLabel(this.images.label(root))}`;
    const made = vscode.window.createWebviewPanel('imageScripts.overview', title, vscode.ViewColumn.Active, {
      enableScripts: true,
      enableFindWidget: true,
      localResourceRoots: [],
    });
    this.panels.set(root, made);
    made.onDidDispose(() => this.panels.delete(root));
    made.webview.onDidReceiveMessage((message: OpenMessage) => void this.open(root, message));
    await this.load(root, made);
  }

  private update(): void {
    const open = new Set(this.images.checkouts.map(({ root }) => root));
    for (const [root, panel] of this.panels) {
      if (open.has(root)) {
        void this.load(root, panel);
      }
    }
  }

  private async load(root: string, { webview }: vscode.WebviewPanel): Promise<void> {
    try {
      const nonce = randomBytes(16).toString('hex');
      webview.html = await this.server.sendRequest(OverviewRequest, { root, nonce });
    } catch (error) {
      this.server.log.debug(`overview: ${asError(error).message}`);
    }
  }

  private async open(root: string, { path: file, line }: OpenMessage): Promise<void> {
    try {
      const start = new vscode.Position(line - 1, 0);
      const selection = new vscode.Range(start, start);
      await vscode.window.showTextDocument(this.images.file(root, file), { selection });
    } catch (error) {
      void showError(asError(error).message);
    }
  }
}
