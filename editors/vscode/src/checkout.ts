// Search for a checkout. The server decides what one is; this keeps the extension from starting it
// where there is none.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/** Parts of a checkout: of the whole repository, or of `image-scripts` alone. */
const LAYOUTS = [
  ['image-scripts/images', 'os/configs/image-repository.nix'],
  ['images', 'builders', 'include/common.sh'],
];

/** Depth to which a folder is searched, for those that hold several git worktrees. */
const MAX_DEPTH = 2;

/** Number of folders that are looked at in one search, as in the server. */
const MAX_FOLDERS = 2000;

/** Returns whether a folder is a checkout. */
export async function isCheckout(folder: string): Promise<boolean> {
  for (const parts of LAYOUTS) {
    if (await allExist(folder, parts)) {
      return true;
    }
  }
  return false;
}

async function allExist(folder: string, names: string[]): Promise<boolean> {
  for (const name of names) {
    try {
      await fs.access(path.join(folder, name));
    } catch {
      return false;
    }
  }
  return true;
}

/** Returns whether a file or folder is in a checkout, or is one. */
export async function isInCheckout(fileOrFolder: string): Promise<boolean> {
  for (let folder = fileOrFolder; ; folder = path.dirname(folder)) {
    if (await isCheckout(folder)) {
      return true;
    }
    if (path.dirname(folder) === folder) {
      return false;
    }
  }
}

/** Returns whether there is a checkout at, around or below a folder. */
export async function hasCheckout(folder: string): Promise<boolean> {
  if (await isInCheckout(folder)) {
    return true;
  }
  let level = [folder];
  let budget = MAX_FOLDERS;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const below = (await Promise.all(level.map(subfolders))).flat().slice(0, budget);
    budget -= below.length;
    const found = await Promise.all(below.map(isCheckout));
    if (found.some(Boolean)) {
      return true;
    }
    level = below;
  }
  return false;
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => path.join(folder, entry.name));
}
