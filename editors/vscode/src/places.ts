// Which files are the server's, and whether a place is in a checkout. The server decides what a
// checkout is; this is a cheap look, so that nothing is started where there is none.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { DocumentSelector } from 'vscode-languageclient/node';

/** The known places of a checkout, by path: no extension has to know Nix. */
const PATTERNS = [
  '**/image-scripts/{images,include,builders,tests}/**',
  '**/os/configs/image-repository.nix',
  '**/tests/{distributions,all-tests}.nix',
  '**/tests/suite/**/*.nix',
  '**/.image-scripts.toml',
  // As a repository of its own, `image-scripts` may have any name.
  '**/{images,builders}/*/{config,build,setup}.sh',
  '**/include/*.sh',
];

export const SELECTOR = PATTERNS.map((pattern) => ({ scheme: 'file', pattern })) satisfies DocumentSelector;

/** What makes a folder a checkout: of the whole repository, or of `image-scripts` alone. */
const MARKS = [
  ['image-scripts/images', 'os/configs/image-repository.nix'],
  ['images', 'builders', 'include/common.sh'],
];

async function exists(file: string): Promise<boolean> {
  try {
    await fs.access(file);
    return true;
  } catch {
    return false;
  }
}

export async function isCheckout(folder: string): Promise<boolean> {
  for (const marks of MARKS) {
    let all = true;
    for (const mark of marks) {
      // Nearly always the first is not there.
      all &&= await exists(path.join(folder, mark));
    }
    if (all) {
      return true;
    }
  }
  return false;
}

/** Whether a path is in a checkout, or is one. */
export async function isInCheckout(place: string): Promise<boolean> {
  for (let folder = place; ; folder = path.dirname(folder)) {
    if (await isCheckout(folder)) {
      return true;
    }
    if (path.dirname(folder) === folder) {
      return false;
    }
  }
}

/** How deep checkouts are looked for below a folder: git worktrees in a folder of their own. */
const DEPTH = 2;

/** How many folders are looked at for that, as the server does. */
const FOLDERS = 2000;

/** Whether there is a checkout at, around or below a folder. */
export async function isNearCheckout(folder: string): Promise<boolean> {
  if (await isInCheckout(folder)) {
    return true;
  }
  let level = [folder];
  let left = FOLDERS;
  for (let depth = 0; depth < DEPTH; depth++) {
    const below = (await Promise.all(level.map(foldersIn))).flat().slice(0, left);
    left -= below.length;
    const found = await Promise.all(below.map(isCheckout));
    if (found.some(Boolean)) {
      return true;
    }
    level = below;
  }
  return false;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => path.join(folder, entry.name));
}
