// Search for the server's program: the one in the settings, else the bundled one, else the one in
// PATH.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

const NAME = 'image-scripts-ls';

/** Milliseconds that a program may take to print its version. */
const VERSION_TIMEOUT = 10_000;

export interface Program {
  path: string;
  /** Output of `--version`: name, version and commit. */
  version: string;
}

/** Error that says why no program can be started. */
export class ProgramNotFoundError extends Error {}

/**
 * Finds the program to start.
 *
 * A program in the settings has no substitute. The bundled one may not run on this system (NixOS
 * has no dynamic loader in the usual path), so each one is tried.
 *
 * @throws {ProgramNotFoundError}
 */
export async function findProgram(extension: vscode.Uri): Promise<Program> {
  const configured = vscode.workspace.getConfiguration('imageScripts').get<string>('server.path', '');
  if (configured !== '') {
    const version = await versionOf(configured);
    if (version instanceof Error) {
      throw new ProgramNotFoundError(`${configured} ${version.message}: correct the setting imageScripts.server.path`);
    }
    return { path: configured, version };
  }
  const bundled = vscode.Uri.joinPath(extension, 'server', NAME).fsPath;
  const reasons: string[] = [];
  for (const candidate of [bundled, ...(await findInPath())]) {
    const version = await versionOf(candidate);
    if (!(version instanceof Error)) {
      return { path: candidate, version };
    }
    reasons.push(`${candidate} ${version.message}`);
  }
  throw new ProgramNotFoundError(
    `No image-scripts-ls can be started (${reasons.join('; ')}): install it, or set imageScripts.server.path`,
  );
}

/** Returns the first program in PATH. Relative folders are skipped: they are the workspace's. */
async function findInPath(): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  for (const folder of folders) {
    const file = path.join(folder, NAME);
    try {
      await fs.access(file, fs.constants.X_OK);
      return [file];
    } catch {
      // This folder has none.
    }
  }
  return [];
}

function versionOf(file: string): Promise<string | Error> {
  return new Promise((resolve) => {
    execFile(file, ['--version'], { timeout: VERSION_TIMEOUT }, (error, stdout) => {
      if (error) {
        const { code } = error as NodeJS.ErrnoException;
        resolve(
          new Error(code === 'ENOENT' ? 'does not exist or cannot run on this system' : `fails: ${error.message}`),
        );
      } else if (!stdout.startsWith(`${NAME} `)) {
        resolve(new Error(`is not ${NAME}`));
      } else {
        resolve(stdout.trim());
      }
    });
  });
}
