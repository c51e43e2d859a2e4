// Folders in which the extension starts: a checkout, one below it, one above several; and no other.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { withWorkbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

describe('activation', () => {
  test('below a checkout, findings of all of it are there, and files outside the folder are watched', async () => {
    await withWorkbench({ folder: 'image-scripts/images/fedora-45' }, async (workbench) => {
      await workbench.openFile('config.sh');
      await workbench.untilCounts({ errors: 3, warnings: 10 });
      const config = workbench.codeServer.file('image-scripts/images/ubuntu-26.10/config.sh');
      // Nothing shows when VS Code has begun to watch a folder outside the workspace.
      await workbench.untilCounts({ errors: 2, warnings: 10 }, () => fs.writeFile(config, 'BUILDER=ubuntu\n'));
    });
  });

  test('above several checkouts, each has its images', async () => {
    const prepare = async (root: string): Promise<void> => {
      await execFileAsync('git', ['init', '-q', '-b', 'main', root]);
      await execFileAsync('cp', ['-a', root, path.join(path.dirname(root), 'second')]);
      await fs.writeFile(path.join(path.dirname(root), 'second/.git/HEAD'), 'ref: refs/heads/next\n');
    };
    await withWorkbench({ folder: '..', prepare, fixture: 'clean-2026' }, async (workbench) => {
      await workbench.ready();
      const checkouts = (await workbench.images()).locator('.monaco-list-row[aria-level="1"]');
      await workbench.collapse(checkouts.first());
      const names = await workbench.until(
        'both',
        () => checkouts.allInnerTexts(),
        (names) => names.length === 2,
      );
      assert.deepEqual(names.map((name) => name.split('/')[0]).sort(), ['second (next)', 'vpsadminos (main)']);
    });
  });

  test('of the time when image-scripts was a repository of its own', async () => {
    await withWorkbench({ fixture: 'pre-2023' }, async (workbench) => {
      await workbench.ready();
    });
  });

  test('without a repository file, includes make it a checkout', async () => {
    const prepare = (root: string): Promise<void> => fs.rm(path.join(root, 'os'), { recursive: true });
    await withWorkbench({ prepare, fixture: 'clean-2026' }, async (workbench) => {
      await workbench.ready();
    });
  });

  test('elsewhere it sleeps, also when a script is opened, and its commands say so', async () => {
    const prepare = async (root: string): Promise<void> => {
      const other = path.join(path.dirname(root), 'other');
      // VS Code activates the extension for this; a checkout has more.
      await fs.mkdir(path.join(other, 'include'), { recursive: true });
      await fs.writeFile(path.join(other, 'include/common.sh'), '');
      await fs.writeFile(path.join(other, 'build.sh'), 'BUILDER=nowhere\n');
    };
    await withWorkbench({ folder: '../other', prepare }, async (workbench) => {
      await workbench.openFile('build.sh');
      assert.equal(await workbench.imagesIcon.count(), 0);
      await workbench.command('Image Scripts: New Image...');
      await workbench.see(workbench.notification('No checkout here, above or below'));
      const { stdout } = await execFileAsync('bash', [
        '-c',
        'pgrep -fc "^$1/.*/image-scripts-ls lsp" || true',
        'pgrep',
        workbench.codeServer.folder,
      ]);
      assert.equal(stdout.trim(), '0');
    });
  });
});
