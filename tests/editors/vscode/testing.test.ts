// The Test Explorer: tests that pass, fail and are cancelled, with a stand-in for the test runner.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

/** Script that passes, fails or waits for its end, by the test's name, and records its arguments. */
const RUNNER = `#!/usr/bin/env bash
echo "$*" >> calls.txt
case $2 in
	*fedora-44) echo "machine started" ; echo "all checks passed" ;;
	*fedora-45) echo "machine started" ; echo "the container did not start" >&2 ; exit 1 ;;
	*) trap 'echo ended >> calls.txt ; exit 143' TERM
	   echo "waiting"
	   sleep 600 & wait ;;
esac
`;

describe('testing', () => {
  let workbench: Workbench;
  const calls = async (): Promise<string[]> => {
    const text = await workbench.codeServer.read('calls.txt').catch(() => '');
    return text.split('\n').filter((line) => line !== '');
  };
  const item = (name: string) =>
    workbench.page.locator('.test-explorer').getByRole('treeitem', { name: new RegExp(`^${name}`) });
  const start = async (name: string): Promise<void> => {
    const row = await workbench.see(item(name));
    const button = row.getByRole('button', { name: 'Run Test' });
    await (await workbench.repeatUntilVisible(button, () => workbench.hoverAgain(row))).click();
  };

  before(async () => {
    workbench = await Workbench.open({
      prepare: async (root) => {
        await fs.writeFile(`${root}/test-runner.sh`, RUNNER, { mode: 0o755 });
      },
    });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('shows images and rows, and starts nothing', async () => {
    await workbench.command('Testing: Focus on Test Explorer View');
    await workbench.see(item('Images'));
    await workbench.see(item('Test rows'));
    assert.deepEqual(await calls(), []);
  });

  test('is in natural order', async () => {
    await workbench.expand(item('Images'));
    await workbench.expand(item('almalinux'));
    await workbench.until(
      'the images',
      async () => {
        const names = await workbench.page.locator('.test-explorer .monaco-list-row[aria-level="3"]').allInnerTexts();
        return names.map((name) => name.trim()).join(' ');
      },
      (names) => names === 'almalinux-8 almalinux-9 almalinux-10 almalinux-10-kitten',
    );
    await workbench.collapse(item('almalinux'));
  });

  test('a test passes, after a confirmation', async () => {
    await workbench.openFile('image-scripts/images/fedora-44/build.sh');
    await workbench.command('Image Scripts: Run Image Test');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.see(workbench.page.locator('.monaco-dialog-box', { hasText: '9 to 135 minutes' }));
    await workbench.picture('test-question');
    assert.deepEqual(await calls(), []);
    await workbench.clickDialogButton('Run');
    await workbench.until('the call', calls, (lines) => lines[0] === 'test image-scripts/test@fedora-44');
    await workbench.command('Testing: Focus on Test Explorer View');
    await workbench.expand(item('Images'));
    await workbench.expand(item('fedora'));
    await workbench.see(item('fedora-44 .*Passed'));
  });

  test('one fails, with what it wrote', async () => {
    await start('fedora-45');
    await workbench.see(item('fedora-45 .*Failed'));
    // A single test is confirmed only once.
    assert.deepEqual((await calls()).slice(1), ['test image-scripts/test@fedora-45']);
    await workbench.openFile('image-scripts/images/fedora-45/build.sh');
    await workbench.see(workbench.page.locator('.test-error-content-widget', { hasText: 'exited with status 1' }));
    await workbench.command('Testing: Focus on Test Explorer View');
    await workbench.picture('testing');
  });

  test('one is cancelled, and its processes end', async () => {
    await start('fedora-rawhide');
    await workbench.until('the call', calls, (lines) => lines.at(-1) === 'test image-scripts/test@fedora-rawhide');
    await workbench.command('Test: Cancel Test Run');
    await workbench.until('the end', calls, (lines) => lines.at(-1) === 'ended');
    await workbench.see(item('fedora-rawhide .*Skipped'));
  });

  test('the one of an image is run from what is said after a change of it', async () => {
    await workbench.openFile('image-scripts/images/fedora-44/build.sh');
    await workbench.command('Bump Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.choices.filter({ hasText: 'Build number' }).click();
    await workbench.fillInputBox('Build number', '99');
    await workbench.inputMessage('edits');
    await workbench.press('Enter');
    await workbench.answerChange('Bump fedora-44 to 99', 'Apply');
    const before = await calls();
    await workbench.clickNotificationButton('Bumped fedora-44 to 99', 'Run Its Test');
    await workbench.until(
      'the call',
      async () => (await calls()).slice(before.length),
      (lines) => lines[0] === 'test image-scripts/test@fedora-44',
    );
  });

  test('several are confirmed each time', async () => {
    const before = await calls();
    await start('gentoo');
    await workbench.see(workbench.page.locator('.monaco-dialog-box', { hasText: 'Run 5 VM tests' }));
    await workbench.clickDialogButton('Cancel');
    assert.deepEqual(await calls(), before);
  });

  test('those of a row are its own', async () => {
    await workbench.collapse(item('Images'));
    await workbench.expand(item('Test rows'));
    // The accessible name of a row is its description.
    await workbench.expand(item('fedora 44'));
    await start('dist-config/start-stop#fedora-44');
    await workbench.until('the call', calls, (lines) => lines.at(-1) === 'test dist-config/start-stop#fedora-44');
    await workbench.see(item('dist-config/start-stop#fedora-44 .*Passed'));
  });

  test('a running test does not outlive the window', async () => {
    await workbench.collapse(item('Test rows'));
    await workbench.expand(item('Images'));
    await start('fedora-rawhide');
    await workbench.until('the call', calls, (lines) => lines.at(-1) === 'test image-scripts/test@fedora-rawhide');
    await workbench.until(
      'the process',
      () => running(workbench.codeServer.root),
      (count) => count > 0,
    );
    await workbench.command('Developer: Reload Window');
    await workbench.until(
      'the end',
      () => running(workbench.codeServer.root),
      (count) => count === 0,
    );
  });
});

/** Returns how many processes of the stand-in run in a folder. */
async function running(folder: string): Promise<number> {
  const { stdout } = await execFileAsync('bash', ['-c', 'pgrep -f "[t]est-runner.sh test" || true']);
  const folders = stdout
    .split('\n')
    .filter((pid) => pid !== '')
    .map((pid) => fs.readlink(`/proc/${pid}/cwd`).catch(() => ''));
  return (await Promise.all(folders)).filter((cwd) => cwd === folder).length;
}
