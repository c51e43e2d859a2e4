// Images of the open checkouts, as the server knows them: read again whenever it says that some of
// them may have changed.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import {
  type Checkout,
  type CheckoutValues,
  type FindingCounts,
  type ImageState,
  ImagesAtRequest,
  type ImagesAtResult,
  ImagesRequest,
  type OpenValue,
  OpenValuesRequest,
  type Severity,
  type TrackState,
} from './protocol';
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
  private openValues: CheckoutValues[] = [];

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
          this.update([], []);
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
      const [images, values] = await Promise.all([
        this.server.sendRequest(ImagesRequest),
        this.server.sendRequest(OpenValuesRequest),
      ]);
      this.linkedFolders = await findLinkedFolders();
      if (images.checkouts.length > 1) {
        await this.worktrees.read(images.checkouts.map(({ root }) => root));
      }
      if (request === this.lastRequest) {
        this.update(this.withWorkspaceUris(images.checkouts), this.withWorkspaceUris(values.checkouts));
      }
    } catch (error) {
      this.server.log.debug(`images: ${String(error)}`);
    }
  }

  private update(checkouts: Checkout[], openValues: CheckoutValues[]): void {
    for (const { images, builders } of checkouts) {
      // As people count: 8, 9, 10.
      builders.sort((a, b) => compareNaturally(a.name, b.name));
      images.sort(
        (a, b) => compareNaturally(distributionOf(a), distributionOf(b)) || compareNaturally(a.image, b.image),
      );
    }
    this.checkouts = checkouts;
    this.openValues = openValues;
    this.emitter.fire();
  }

  /** Replaces URIs by those of the workspace: a file opened under two paths would be two documents. */
  private withWorkspaceUris<T>(value: T): T {
    return JSON.parse(JSON.stringify(value), (key, value: unknown) =>
      key === 'uri' && typeof value === 'string' ? this.workspaceUri(vscode.Uri.parse(value)).toString() : value,
    ) as T;
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

  /** Returns the folder of a checkout, with its branch if there are several; the same words wherever one is named. */
  label(root: string): string {
    const label = this.worktrees.label(root);
    const others = this.checkouts.filter((checkout) => checkout.root !== root);
    // Clones may have the same name and the same branch.
    return others.some((other) => this.worktrees.label(other.root) === label)
      ? `${path.basename(path.dirname(root))}/${label}`
      : label;
  }

  /** Returns the images of all checkouts, or of one. */
  all(root?: string): CheckoutImage[] {
    return this.checkouts
      .filter((checkout) => root === undefined || checkout.root === root)
      .flatMap((checkout) => checkout.images.map((state) => ({ root: checkout.root, state })));
  }

  /** Returns the tracks of a checkout. */
  tracks(root: string): TrackState[] {
    return this.checkouts.find((checkout) => checkout.root === root)?.tracks ?? [];
  }

  /** Returns the track of an image. */
  trackOf(root: string, name: string): TrackState | undefined {
    return this.tracks(root).find(({ images }) => images.includes(name));
  }

  find(root: string, name: string): CheckoutImage | undefined {
    return this.all(root).find(({ state }) => state.image === name);
  }

  /** Returns the folder of an image, or the link that is one. */
  folder({ root, state }: CheckoutImage): vscode.Uri | undefined {
    // All of them are beside each other, and at least one has a script.
    const uri = state.uri ?? this.all(root).find((image) => image.state.uri !== null)?.state.uri;
    return uri ? vscode.Uri.joinPath(vscode.Uri.parse(uri), '../..', state.image) : undefined;
  }

  /** Returns the image whose folder or link a path is. */
  ofFolder(uri: vscode.Uri): CheckoutImage | undefined {
    return this.all().find((image) => this.folder(image)?.fsPath === uri.fsPath);
  }

  /** Returns the values of all checkouts that are to be verified, or of one, or of one of its images. */
  valuesToVerify(root?: string, name?: string): OpenValue[] {
    return this.openValues
      .filter((checkout) => root === undefined || checkout.root === root)
      .flatMap(({ values }) => values.filter(({ image }) => name === undefined || image === name));
  }

  /** Returns the numbers of findings in all checkouts. */
  counts(): FindingCounts {
    const sum = (severity: Severity): number => this.checkouts.reduce((sum, { counts }) => sum + counts[severity], 0);
    return { error: sum('error'), warning: sum('warning'), information: sum('information'), hint: sum('hint') };
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

/** Compares names in which numbers are compared as such. */
export function compareNaturally(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}

/** Returns the distribution of an image; its name's first word where the scripts do not say. */
export function distributionOf(state: ImageState): string {
  return state.distribution ?? state.image.split('-')[0] ?? state.image;
}
