// Runs a program of a checkout and tells what it writes, until it ends or is to end.

import { type ChildProcess, spawn } from 'node:child_process';
import type * as vscode from 'vscode';

/** How long a program may take to end itself before it is killed. */
const GRACE = 10_000;

/** How a program ended: with a status, or why it was not one. */
export type Ending = { status: number } | { reason: string };

/** The programs that run. */
const running = new Set<ChildProcess>();

/** Has every program that runs killed: the window is about to go, and nobody could end them then. */
export function killAll(): void {
  for (const child of running) {
    signal(child, 'SIGKILL');
  }
}

/** Tells the whole group of a program: the test runner starts virtual machines. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, name);
    } catch {
      // It has ended.
    }
  }
}

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
    running.add(child);
    let killing: NodeJS.Timeout | undefined;
    const finish = (ending: Ending): void => {
      listening.dispose();
      clearTimeout(killing);
      if (cancelled.isCancellationRequested) {
        // What the program started and left behind, also if that holds its output open.
        signal(child, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }
      running.delete(child);
      resolve(ending);
    };
    const end = (): void => {
      signal(child, 'SIGTERM');
      killing = setTimeout(() => finish({ reason: 'it did not end by itself and was killed' }), GRACE);
      child.on('exit', () => finish({ reason: 'it was to end' }));
    };
    const listening = cancelled.onCancellationRequested(end);
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
