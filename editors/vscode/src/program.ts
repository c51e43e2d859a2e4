// Which program is the server: the one that is set, the one that came with the extension, or the
// one in PATH.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

const NAME = 'image-scripts-ls';

/** How long a program may take to say its version. */
const PATIENCE = 10_000;

export interface Program {
  path: string;
  /** What it says of itself: name, version, commit. */
  version: string;
}

/** No program could be started. */
export class NoProgram extends Error {}

/**
 * The program to start. One that is set is taken or nothing is. The one that came along may not
 * run on this system (NixOS has no loader where others have it), so it is asked first.
 */
export async function findProgram(extension: vscode.Uri): Promise<Program> {
  const set = vscode.workspace.getConfiguration('imageScripts').get<string>('server.path', '');
  if (set !== '') {
    const version = await versionOf(set);
    if (version instanceof Error) {
      throw new NoProgram(`${set}: ${version.message}: correct the setting imageScripts.server.path`);
    }
    return { path: set, version };
  }
  const bundled = vscode.Uri.joinPath(extension, 'server', NAME).fsPath;
  const reasons: string[] = [];
  for (const candidate of [bundled, ...(await inPath())]) {
    const version = await versionOf(candidate);
    if (!(version instanceof Error)) {
      return { path: candidate, version };
    }
    reasons.push(`${candidate}: ${version.message}`);
  }
  throw new NoProgram(
    `No image-scripts-ls can be started here (${reasons.join('; ')}): install it, or name it in the setting imageScripts.server.path`,
  );
}

/** Where PATH has it. Relative folders are left out: they would be the workspace's. */
async function inPath(): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const found: string[] = [];
  for (const folder of folders) {
    const file = path.join(folder, NAME);
    try {
      await fs.access(file, fs.constants.X_OK);
      found.push(file);
    } catch {
      // Not there.
    }
  }
  return found.slice(0, 1);
}

function versionOf(file: string): Promise<string | Error> {
  return new Promise((resolve) => {
    execFile(file, ['--version'], { timeout: PATIENCE }, (error, stdout) => {
      if (error) {
        const code = (error as NodeJS.ErrnoException).code;
        resolve(new Error(code === 'ENOENT' ? 'it is not there or does not run here' : error.message));
      } else if (!stdout.startsWith('image-scripts-ls ')) {
        resolve(new Error('it is another program'));
      } else {
        resolve(stdout.trim());
      }
    });
  });
}
