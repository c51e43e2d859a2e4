// Changes of files: outside the editor, by a rename, and while the server is down.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

describe('changes', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({ fixture: 'clean-2026' });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('a file that comes and goes outside the editor', async () => {
    const image = workbench.codeServer.file('image-scripts/images/debian-14');
    await workbench.untilCounts({ errors: 0, warnings: 0 });
    await fs.mkdir(image);
    await fs.writeFile(`${image}/config.sh`, 'BUILDER=debina\n');
    // No build.sh, no such builder; not published.
    await workbench.untilCounts({ errors: 2, warnings: 1 });
    await fs.rm(image, { recursive: true });
    await workbench.untilCounts({ errors: 0, warnings: 0 });
  });

  test('a helper is renamed in all scripts', async () => {
    const calls = await calling(workbench.codeServer.root, 'configure-systemd-modules');
    assert.ok(calls.length > 3, `${calls.length} files`);
    await workbench.gotoText('image-scripts/images/fedora-44/build.sh', 'configure-systemd-modules');
    await workbench.rename('configure-kernel-modules');
    await workbench.until(
      'the files with the new name',
      () => calling(workbench.codeServer.root, 'configure-kernel-modules'),
      (now) => now.join() === calls.join(),
    );
    assert.deepEqual(await calling(workbench.codeServer.root, 'configure-systemd-modules'), []);
    await workbench.untilCounts({ errors: 0, warnings: 0 });
  });

  test('a server that is killed comes back, and nothing is lost', async () => {
    await workbench.openFile('image-scripts/images/arch/config.sh');
    await workbench.press('Control+End');
    // Not saved: only the server's memory has it.
    await workbench.page.keyboard.type('BUILDER=nowhere');
    await workbench.untilCounts({ errors: 1, warnings: 0 });
    const before = await serverOf(workbench.codeServer.folder);
    process.kill(before, 'SIGKILL');
    await workbench.until(
      'another server',
      () => serverOf(workbench.codeServer.folder),
      (now) => now !== 0 && now !== before,
    );
    await workbench.untilCounts({ errors: 1, warnings: 0 });
    await workbench.press('Control+z');
    await workbench.untilCounts({ errors: 0, warnings: 0 });
    // And it watches files again.
    const image = workbench.codeServer.file('image-scripts/images/arch-2');
    await fs.mkdir(image);
    await fs.writeFile(`${image}/config.sh`, 'BUILDER=fedora\n');
    await workbench.untilCounts({ errors: 1, warnings: 1 });
    await fs.rm(image, { recursive: true });
    await workbench.untilCounts({ errors: 0, warnings: 0 });
  });

  test('the log says what happened', async () => {
    await workbench.command('Show Log');
    await workbench.see(
      workbench.page.locator('.output-view .view-line', { hasText: 'the server exited with SIGKILL' }),
    );
    await workbench.picture('log');
    await workbench.press('Control+j');
  });
});

/** Returns the scripts that contain a word. */
async function calling(root: string, word: string): Promise<string[]> {
  const { stdout } = await execFileAsync('bash', ['-c', `grep -rlwF -e "$1" . | sort || true`, 'grep', word], {
    cwd: `${root}/image-scripts`,
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Returns the id of the server's process that runs from a folder; 0 if there is none. */
async function serverOf(folder: string): Promise<number> {
  const { stdout } = await execFileAsync('bash', [
    '-c',
    'pgrep -f "^$1/.*/image-scripts-ls lsp" || echo 0',
    'pgrep',
    folder,
  ]);
  return Number(stdout.trim().split('\n')[0]);
}
