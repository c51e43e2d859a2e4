// Definition of a checkout, and the search for one.
//
// The server has the last word (`layout_of` in its `checkout/root.rs`); this keeps the extension
// from starting it where there is none. package.json's `activationEvents` wake the extension in
// every folder for which `hasCheckout` may be true: they come as close to it as VS Code lets them,
// and take in folders that turn out to be something else.

import * as fs from 'node:fs/promises';
import * as path from 'node:path';

/** Parts of a folder, by their paths in it. */
interface Layout {
  directories: string[];
  files: string[];
}

/** Layouts of a checkout: a folder that has all parts of one of them is one. */
const LAYOUTS: Layout[] = [
  { directories: ['image-scripts/images'], files: ['os/configs/image-repository.nix'] },
  { directories: ['image-scripts/images', 'image-scripts/include'], files: [] },
  // `image-scripts` as a repository of its own. Other projects have folders called `images`.
  { directories: ['images', 'builders'], files: ['include/common.sh'] },
];

/** Depth to which a folder is searched, for those that hold several git worktrees. */
const MAX_DEPTH = 2;

/** Number of folders that are looked at in one search, as in the server. */
const MAX_FOLDERS = 2000;

/** Returns whether a folder is a checkout. */
export async function isCheckout(folder: string): Promise<boolean> {
  for (const { directories, files } of LAYOUTS) {
    if ((await allAre('directory', folder, directories)) && (await allAre('file', folder, files))) {
      return true;
    }
  }
  return false;
}

async function allAre(kind: 'directory' | 'file', folder: string, names: string[]): Promise<boolean> {
  for (const name of names) {
    const stats = await fs.stat(path.join(folder, name)).catch(() => undefined);
    if (!(kind === 'directory' ? stats?.isDirectory() : stats?.isFile())) {
      return false;
    }
  }
  return true;
}

/** Returns whether a file or folder is in a checkout, or is one. */
export async function isInCheckout(fileOrFolder: string): Promise<boolean> {
  // As the server does: a link may lead into a checkout.
  for (let folder = await realPath(fileOrFolder); ; folder = path.dirname(folder)) {
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
  let level = [await realPath(folder)];
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

async function realPath(fileOrFolder: string): Promise<string> {
  return fs.realpath(fileOrFolder).catch(() => fileOrFolder);
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => path.join(folder, entry.name));
}
