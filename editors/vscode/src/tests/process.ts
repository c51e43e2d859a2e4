// Runs a program of a checkout and tells what it writes, until it ends or is to end.

import { spawn } from 'node:child_process';
import type * as vscode from 'vscode';

/** How long a program may take to end itself before it is killed. */
const GRACE = 10_000;

/** How a program ended: with a status, or why it was not one. */
export type Ending = { status: number } | { reason: string };

/** Runs the words as a program with arguments, in a folder, in a process group of its own. */
export function run(
  words: [string, ...string[]],
  folder: string,
  write: (text: string) => void,
  cancelled: vscode.CancellationToken,
): Promise<Ending> {
  const [program, ...arguments_] = words;
  return new Promise((resolve) => {
    const child = spawn(program, arguments_, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let killing: NodeJS.Timeout | undefined;
    const signal = (name: NodeJS.Signals): void => {
      if (child.pid !== undefined) {
        try {
          // The whole group: the runner starts virtual machines.
          process.kill(-child.pid, name);
        } catch {
          // It has ended.
        }
      }
    };
    const end = (): void => {
      signal('SIGTERM');
      killing = setTimeout(() => signal('SIGKILL'), GRACE);
    };
    const listening = cancelled.onCancellationRequested(end);
    const finish = (ending: Ending): void => {
      listening.dispose();
      clearTimeout(killing);
      resolve(ending);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', write);
    }
    child.on('error', (error) => finish({ reason: error.message }));
    child.on('close', (status, by) => finish(status === null ? { reason: `ended by ${by}` } : { status }));
    if (cancelled.isCancellationRequested) {
      end();
    }
  });
}
