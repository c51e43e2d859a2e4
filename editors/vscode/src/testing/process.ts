// Programs of a checkout, run with their output, until they exit or are cancelled.

import { type ChildProcess, spawn } from 'node:child_process';
import type * as vscode from 'vscode';

/** Milliseconds between the request to end and the kill. */
const KILL_TIMEOUT = 10_000;

/** Exit status of a program, or why it has none. */
export type ProcessExit = { status: number } | { reason: string };

const running = new Set<ChildProcess>();

/** Kills all programs: once the window has gone, nobody could. */
export function killAll(): void {
  for (const child of running) {
    signalGroup(child, 'SIGKILL');
  }
}

/** Signals a program and what it started: the test runner starts virtual machines. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group has exited.
    }
  }
}

/** Returns the reason for which a command of the server's program has failed, by what it printed to standard error. */
export function reasonOf(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? '';
  return line.replace(/^image-scripts-ls: /, '');
}

/** Runs a program with arguments in a folder, as a process group of its own. */
export function runProgram(
  [program, ...arguments_]: [string, ...string[]],
  folder: string,
  onOutput: (text: string, isError: boolean) => void,
  token: vscode.CancellationToken,
): Promise<ProcessExit> {
  return new Promise((resolve) => {
    const child = spawn(program, arguments_, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let killTimer: NodeJS.Timeout | undefined;
    const finish = (exit: ProcessExit): void => {
      listener.dispose();
      clearTimeout(killTimer);
      if (token.isCancellationRequested) {
        // Processes that the program left running may hold its output open.
        signalGroup(child, 'SIGKILL');
        child.stdout.destroy();
        child.stderr.destroy();
      }
      running.delete(child);
      resolve(exit);
    };
    const cancel = (): void => {
      signalGroup(child, 'SIGTERM');
      killTimer = setTimeout(() => finish({ reason: 'did not stop and was killed' }), KILL_TIMEOUT);
      child.on('exit', () => finish({ reason: 'was cancelled' }));
    };
    const listener = token.onCancellationRequested(cancel);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => onOutput(text, stream === child.stderr));
    }
    child.on('error', (error) => finish({ reason: error.message }));
    child.on('close', (status, signal) => finish(status === null ? { reason: `was ended by ${signal}` } : { status }));
    if (token.isCancellationRequested) {
      cancel();
    }
  });
}
