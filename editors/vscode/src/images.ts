// The images of the open checkouts, as the server has them: asked for again when it says that some
// may be in another state.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { type Checkout, IMAGES, IMAGES_AT, type ImageState, type ImagesAt } from './protocol';
import type { Server } from './server';

/** An image of one of the checkouts. */
export interface ImageOf {
  root: string;
  state: ImageState;
}

export class Images implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  /** Counts the questions: only the answer to the last one is taken. */
  private asked = 0;

  /** Real paths of folders that the workspace has under other names, through links. */
  private links: [real: string, name: string][] = [];

  /** There are other ones, or they are in another state. */
  readonly onDidChange = this.emitter.event;
  checkouts: Checkout[] = [];

  constructor(private readonly server: Server) {
    this.disposables = [
      this.emitter,
      server.onDidChangeImages(() => void this.read()),
      server.onDidChangeHealth((health) => {
        if (health === 'running') {
          void this.read();
        } else if (health !== 'starting') {
          this.take([]);
        }
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Asks the server for them. */
  async read(): Promise<void> {
    const question = ++this.asked;
    try {
      const { checkouts } = await this.server.ask<{ checkouts: Checkout[] }>(IMAGES);
      this.links = await linkedFolders();
      if (question === this.asked) {
        this.take(this.renamed(checkouts));
      }
    } catch (error) {
      this.server.log.debug(`images: ${String(error)}`);
    }
  }

  private take(checkouts: Checkout[]): void {
    this.checkouts = checkouts;
    this.emitter.fire();
  }

  /** With URIs as the workspace has them: one file opened under two paths would be two documents. */
  private renamed(checkouts: Checkout[]): Checkout[] {
    const text = JSON.stringify(checkouts);
    return JSON.parse(text, (key, value: unknown) =>
      key === 'uri' && typeof value === 'string' ? this.named(vscode.Uri.parse(value)).toString() : value,
    ) as Checkout[];
  }

  private named(uri: vscode.Uri): vscode.Uri {
    const file = uri.fsPath;
    for (const [real, name] of this.links) {
      if (file === real || file.startsWith(real + path.sep)) {
        return vscode.Uri.file(name + file.slice(real.length));
      }
    }
    return uri;
  }

  /** A file of a checkout, as the workspace has it. */
  file(root: string, relative: string): vscode.Uri {
    return this.named(vscode.Uri.file(path.join(root, relative)));
  }

  /** All of them, or those of one checkout. */
  all(root?: string): ImageOf[] {
    return this.checkouts
      .filter((checkout) => root === undefined || checkout.root === root)
      .flatMap((checkout) => checkout.images.map((state) => ({ root: checkout.root, state })));
  }

  find(root: string, name: string): ImageOf | undefined {
    return this.all(root).find(({ state }) => state.image === name);
  }

  /** The images that a place is about; none in files that are about no image. */
  async at(uri: vscode.Uri, range = new vscode.Range(0, 0, 0, 0)): Promise<ImagesAt | null> {
    return this.server.ask<ImagesAt | null>(IMAGES_AT, {
      textDocument: { uri: uri.toString() },
      range,
      context: { diagnostics: [] },
    });
  }

  /** The images that the cursor is at. */
  async atCursor(): Promise<ImagesAt | null> {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.scheme !== 'file') {
      return null;
    }
    return this.at(editor.document.uri, editor.selection);
  }
}

/** The folders of the workspace that are reached through links. */
async function linkedFolders(): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) {
    const real = await fs.realpath(uri.fsPath).catch(() => uri.fsPath);
    if (real !== uri.fsPath) {
      found.push([real, uri.fsPath]);
    }
  }
  return found;
}

/** The distribution that an image is of: what its name begins with, where its scripts do not tell. */
export function distributionOf(state: ImageState): string {
  return state.distribution ?? state.image.split('-')[0] ?? state.image;
}
