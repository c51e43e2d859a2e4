// Images of the open checkouts, as the server knows them: read again whenever it says that some of
// them may have changed.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { type Checkout, type ImageState, ImagesAtRequest, type ImagesAtResult, ImagesRequest } from './protocol';
import type { Server } from './server';
import { Worktrees } from './worktrees';

/** Image of one of the checkouts. */
export interface CheckoutImage {
  root: string;
  state: ImageState;
}

export class Images implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  private readonly worktrees = new Worktrees();
  /** Number of the last request: responses to earlier ones are dropped. */
  private lastRequest = 0;

  /** Real paths of workspace folders that are reached through links, with their own paths. */
  private linkedFolders: [real: string, folder: string][] = [];

  readonly onDidChange = this.emitter.event;
  checkouts: Checkout[] = [];

  constructor(private readonly server: Server) {
    this.disposables = [
      this.emitter,
      this.worktrees,
      this.worktrees.onDidChange(() => void this.refresh()),
      server.onDidChangeImages(() => void this.refresh()),
      server.onDidChangeState((state) => {
        if (state === 'running') {
          void this.refresh();
        } else if (state !== 'starting') {
          this.update([]);
        }
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Reads all images from the server. */
  async refresh(): Promise<void> {
    const request = ++this.lastRequest;
    try {
      const { checkouts } = await this.server.sendRequest(ImagesRequest);
      this.linkedFolders = await findLinkedFolders();
      if (checkouts.length > 1) {
        await this.worktrees.read(checkouts.map(({ root }) => root));
      }
      if (request === this.lastRequest) {
        this.update(this.withWorkspaceUris(checkouts));
      }
    } catch (error) {
      this.server.log.debug(`images: ${String(error)}`);
    }
  }

  private update(checkouts: Checkout[]): void {
    this.checkouts = checkouts;
    this.emitter.fire();
  }

  /** Replaces URIs by those of the workspace: a file opened under two paths would be two documents. */
  private withWorkspaceUris(checkouts: Checkout[]): Checkout[] {
    const text = JSON.stringify(checkouts);
    return JSON.parse(text, (key, value: unknown) =>
      key === 'uri' && typeof value === 'string' ? this.workspaceUri(vscode.Uri.parse(value)).toString() : value,
    ) as Checkout[];
  }

  private workspaceUri(uri: vscode.Uri): vscode.Uri {
    const file = uri.fsPath;
    for (const [real, folder] of this.linkedFolders) {
      if (file === real || file.startsWith(real + path.sep)) {
        return vscode.Uri.file(folder + file.slice(real.length));
      }
    }
    return uri;
  }

  /** Returns the workspace's URI of a file in a checkout. */
  file(root: string, relativePath: string): vscode.Uri {
    return this.workspaceUri(vscode.Uri.file(path.join(root, relativePath)));
  }

  /** Returns the folder of a checkout, with its branch if there are several. */
  label(root: string): string {
    return this.worktrees.label(root);
  }

  /** Returns the images of all checkouts, or of one. */
  all(root?: string): CheckoutImage[] {
    return this.checkouts
      .filter((checkout) => root === undefined || checkout.root === root)
      .flatMap((checkout) => checkout.images.map((state) => ({ root: checkout.root, state })));
  }

  find(root: string, name: string): CheckoutImage | undefined {
    return this.all(root).find(({ state }) => state.image === name);
  }

  /** Returns the images that a range of a file is about; null for a file of no checkout. */
  at(uri: vscode.Uri, range = new vscode.Range(0, 0, 0, 0)): Promise<ImagesAtResult | null> {
    const position = ({ line, character }: vscode.Position) => ({ line, character });
    return this.server.sendRequest(ImagesAtRequest, {
      textDocument: { uri: uri.toString() },
      range: { start: position(range.start), end: position(range.end) },
      context: { diagnostics: [] },
    });
  }

  /** Returns the images at the cursor of the active editor. */
  async atCursor(): Promise<ImagesAtResult | null> {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.scheme !== 'file') {
      return null;
    }
    return this.at(editor.document.uri, editor.selection);
  }
}

async function findLinkedFolders(): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const real = await fs.realpath(uri.fsPath).catch(() => uri.fsPath);
    if (real !== uri.fsPath) {
      found.push([real, uri.fsPath]);
    }
  }
  return found;
}

/** Returns the distribution of an image; its name's first word where the scripts do not say. */
export function distributionOf(state: ImageState): string {
  return state.distribution ?? state.image.split('-')[0] ?? state.image;
}
