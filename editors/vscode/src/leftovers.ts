// What retired images have left over, such as a builder that starts from one: a list that stays, also in a
// new window, until the user has dealt with it.

import * as vscode from 'vscode';
import type { ChangeReport, Note } from './protocol';

const KEY = 'leftovers';

/** Something in a file that a change has left to the user. */
export interface Leftover extends Note {
  root: string;
  path: string;
  /** Title of the change. */
  change: string;
}

export class Leftovers implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();

  readonly onDidChange = this.emitter.event;

  constructor(private readonly memento: vscode.Memento) {}

  dispose(): void {
    this.emitter.dispose();
  }

  /** Returns those of a checkout. */
  of(root: string): Leftover[] {
    return this.all().filter((leftover) => leftover.root === root);
  }

  /** Adds what a change has left over in files. What it says about itself is done. */
  add(root: string, { title, notes }: ChangeReport): void {
    const added = notes.flatMap(({ path, range, message }) =>
      path === null ? [] : [{ root, path, range, message, change: title }],
    );
    const isNew = (leftover: Leftover): boolean => !added.some((other) => isSame(leftover, other));
    this.update([...this.all().filter(isNew), ...added]);
  }

  remove(done: Leftover): void {
    this.update(this.all().filter((leftover) => !isSame(leftover, done)));
  }

  private all(): Leftover[] {
    return this.memento.get<Leftover[]>(KEY, []);
  }

  private update(leftovers: Leftover[]): void {
    void this.memento.update(KEY, leftovers);
    this.emitter.fire();
  }
}

function isSame(a: Leftover, b: Leftover): boolean {
  return a.root === b.root && a.path === b.path && a.message === b.message;
}
