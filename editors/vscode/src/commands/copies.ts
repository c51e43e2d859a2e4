// Files and directories that the server has copied itself, which VS Code does not know of: they are taken
// away after an undo, unless somebody has changed them since.

import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';

export class Copies {
  private constructor(private readonly contents: Map<string, string>) {}

  /** Remembers what is at some paths. */
  static async read(paths: string[]): Promise<Copies> {
    const contents = paths.map(async (file): Promise<[string, string]> => [file, await content(file)]);
    return new Copies(new Map(await Promise.all(contents)));
  }

  has(file: string): boolean {
    return this.contents.has(file);
  }

  /** Removes those that are as they were. */
  async remove(): Promise<void> {
    for (const [file, before] of this.contents) {
      const now = await content(file).catch(() => undefined);
      if (now === before) {
        await fs.rm(file, { recursive: true });
      }
    }
  }
}

/** Returns a text that is the same for what has the same content. */
async function content(file: string): Promise<string> {
  const stats = await fs.lstat(file);
  if (stats.isSymbolicLink()) {
    return `link ${await fs.readlink(file)}`;
  }
  if (!stats.isDirectory()) {
    const hash = createHash('sha256').update(await fs.readFile(file));
    return `file ${hash.digest('hex')}`;
  }
  const names = (await fs.readdir(file)).sort();
  return JSON.stringify(await Promise.all(names.map(async (name) => [name, await content(path.join(file, name))])));
}
