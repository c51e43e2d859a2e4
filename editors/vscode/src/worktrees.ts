// Labels of checkouts: the folder and the branch that is checked out in it. Of several worktrees the
// branch is what tells them apart.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

/** Number of digits that a commit is shown with. */
const COMMIT_DIGITS = 8;

export class Worktrees implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly branches = new Map<string, string | undefined>();
  /** Watchers of the files that name the branches. */
  private readonly watchers = new Map<string, vscode.Disposable>();

  /** Event that fires when another branch may be checked out. */
  readonly onDidChange = this.emitter.event;

  dispose(): void {
    vscode.Disposable.from(this.emitter, ...this.watchers.values()).dispose();
  }

  /** Reads the branches of checkouts. */
  async read(roots: string[]): Promise<void> {
    await Promise.all(
      roots.map(async (root) => {
        const head = await headFile(root);
        this.branches.set(root, head && (await branch(head)));
        if (head !== undefined && !this.watchers.has(head)) {
          this.watchers.set(head, this.watch(head));
        }
      }),
    );
  }

  private watch(head: string): vscode.Disposable {
    const pattern = new vscode.RelativePattern(vscode.Uri.file(path.dirname(head)), path.basename(head));
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const fire = (): void => this.emitter.fire();
    return vscode.Disposable.from(watcher, watcher.onDidChange(fire), watcher.onDidCreate(fire));
  }

  /** Returns the folder of a checkout with its branch, if it is known. */
  label(root: string): string {
    const branch = this.branches.get(root);
    return branch === undefined ? path.basename(root) : `${path.basename(root)} (${branch})`;
  }
}

/** Returns the file that names what is checked out; a worktree keeps it elsewhere. */
async function headFile(root: string): Promise<string | undefined> {
  const git = path.join(root, '.git');
  const stats = await fs.stat(git).catch(() => undefined);
  if (stats?.isDirectory()) {
    return path.join(git, 'HEAD');
  }
  const text = stats?.isFile() ? await fs.readFile(git, 'utf8').catch(() => '') : '';
  const directory = /^gitdir: (.+)/.exec(text)?.[1];
  return directory === undefined ? undefined : path.resolve(root, directory.trim(), 'HEAD');
}

async function branch(head: string): Promise<string | undefined> {
  const text = (await fs.readFile(head, 'utf8').catch(() => '')).trim();
  const name = /^ref: refs\/heads\/(.+)/.exec(text)?.[1];
  return name ?? (/^[0-9a-f]{40,}$/.test(text) ? text.slice(0, COMMIT_DIGITS) : undefined);
}
