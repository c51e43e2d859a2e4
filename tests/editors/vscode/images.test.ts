// Images created, renamed, bumped and retired, from the command palette and in the view Images.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

const REPOSITORY = 'os/configs/image-repository.nix';
const TABLE = 'tests/distributions.nix';

describe('images', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({ fixture: 'clean-2026' });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('a new one is created from the palette, and the checkout is complete', async () => {
    await workbench.openFile('image-scripts/images/fedora-44/build.sh');
    await workbench.command('New Image...');
    // The release after the one at the cursor.
    await workbench.until(
      'the proposal',
      () => workbench.input.inputValue(),
      (value) => value === 'fedora-45',
    );
    await workbench.inputMessage('like fedora-44');
    await workbench.fillInputBox('New Image', 'fedora-44');
    await workbench.inputMessage('nothing is missing');
    await workbench.input.fill('fedora-45');
    await workbench.inputMessage('like fedora-44');
    await workbench.picture('new-image-name');
    await workbench.press('Enter');
    await workbench.see(workbench.choices.filter({ hasText: 'previous release' }));
    await workbench.picture('new-image-like');
    await workbench.press('Enter');
    await workbench.see(workbench.notification('New image fedora-45?'));
    await workbench.until(
      'the files that change',
      () => workbench.reviewedFiles(),
      (files) => files.length > 2,
    );
    await workbench.picture('new-image-review');
    await workbench.clickNotificationButton('New image fedora-45?', 'Create');
    await workbench.see(workbench.notification('Created fedora-45'));
    await workbench.untilActive('image-scripts/images/fedora-45/build.sh');
    assert.match(await workbench.codeServer.read('image-scripts/images/fedora-45/config.sh'), /BUILDER=fedora/);
    assert.match(await workbench.codeServer.read(REPOSITORY), /"45" = \{/);
    assert.match(await workbench.codeServer.read(TABLE), /fedora_45 = \{/);
    await workbench.until(
      'no findings',
      () => check(workbench.codeServer.root),
      (found) => found.length === 0,
    );
    await workbench.clickNotificationButton('Created fedora-45', 'Show');
    const value = (await workbench.images()).locator('.monaco-list-row', { hasText: 'RELEASE: 15' });
    await (await workbench.see(value)).click();
    await workbench.see(workbench.page.locator('#status\\.editor\\.selection', { hasText: 'Ln 4, Col' }));
    await workbench.untilCounts({ errors: 0, warnings: 0 });
  });

  test('one that shares a directory is a link', async () => {
    await workbench.command('New Image...');
    await workbench.fillInputBox('New Image', 'alpine-3.25');
    await workbench.inputMessage('like alpine-3.24');
    await workbench.press('Enter');
    await workbench.choices.filter({ hasText: 'previous release' }).click();
    await workbench.see(workbench.notification('creates the link image-scripts/images/alpine-3.25 -> alpine'));
    await workbench.clickNotificationButton('New image alpine-3.25?', 'Create');
    await workbench.see(workbench.notification('made the link image-scripts/images/alpine-3.25 -> alpine'));
    assert.equal(await fs.readlink(workbench.codeServer.file('image-scripts/images/alpine-3.25')), 'alpine');
    await workbench.until(
      'no findings',
      () => check(workbench.codeServer.root),
      (found) => found.length === 0,
    );
  });

  test('the view Images shows them by distribution', async () => {
    const images = await workbench.images();
    await workbench.expand(images.locator('.monaco-list-row', { hasText: 'fedora' }));
    await workbench.expand(images.locator('.monaco-list-row', { hasText: 'fedora-44' }));
    await workbench.see(images.locator('.monaco-list-row', { hasText: 'redhat-family.sh' }));
    await workbench.picture('images');
  });

  test('an image in the view is opened, and shows what it is made with', async () => {
    const images = await workbench.images();
    await images.locator('.monaco-list-row', { hasText: 'fedora-45' }).click();
    await workbench.untilActive('fedora-45/build.sh');
    await images.locator('.monaco-list-row', { hasText: 'redhat-family.sh' }).click();
    await workbench.untilActive('include/redhat-family.sh');
    await workbench.collapse(images.locator('.monaco-list-row', { hasText: 'fedora-44' }));
  });

  test('one is retired from its menu, with everything that names it', async () => {
    const images = await workbench.images();
    await workbench.menu(
      images.locator('.monaco-list-row', { hasText: 'fedora-43' }),
      'Retire Image...',
      workbench.notification('deletes image-scripts/images/fedora-43'),
    );
    await workbench.picture('retire');
    await workbench.clickNotificationButton('Retire fedora-43?', 'Retire');
    await workbench.until(
      'the directory',
      () => exists(workbench.codeServer.file('image-scripts/images/fedora-43')),
      (is) => !is,
    );
    await workbench.until(
      'the row',
      () => workbench.codeServer.read(TABLE),
      (text) => !text.includes('fedora_43'),
    );
    await workbench.until(
      'no findings',
      () => check(workbench.codeServer.root),
      (found) => found.length === 0,
    );
  });

  test('the review of a change has its notes, which lead to files', async () => {
    await workbench.openFile('image-scripts/images/fedora-44/config.sh');
    await workbench.command('Retire Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    const review = 'Retire fedora-44?';
    const builder = 'image-scripts/builders/fedora/config.sh';
    const note = 'builder `fedora` starts from fedora 44';
    await workbench.see(workbench.notification(review).filter({ hasText: `${builder}:1: ${note}` }));
    await workbench.picture('notes');
    await workbench.clickNotificationButton(review, 'Show Notes');
    await workbench.choices
      .filter({ hasText: note })
      .filter({ hasText: `${builder}:1` })
      .click();
    await workbench.untilActive(builder);
    // The question is still there.
    await workbench.clickNotificationButton(review, 'Cancel');
    await workbench.until(
      'no review',
      () => workbench.notification(review).count(),
      (count) => count === 0,
    );
    assert.ok(await exists(workbench.codeServer.file('image-scripts/images/fedora-44')));
  });

  test('what is shown is what would be done, also beside another review', async () => {
    const retire = async (name: string): Promise<void> => {
      await workbench.openFile(`image-scripts/images/${name}/config.sh`);
      await workbench.command('Retire Image...');
      await workbench.choices.filter({ hasText: 'at the cursor' }).click();
      await workbench.see(workbench.notification(`Retire ${name}?`));
      await workbench.until(
        `the review of ${name}`,
        () => workbench.reviewedFiles(),
        (files) => files.some((file) => file.includes(`images/${name}`)),
      );
    };
    await retire('fedora-44');
    await retire('fedora-45');
    // It lacks one of them and has the other.
    await workbench.until(
      'the repository after the second',
      () => workbench.page.locator('.multiDiffEditor .editor.modified .view-line').allInnerTexts(),
      (lines) => lines.some((line) => line.includes('"44"')) && !lines.some((line) => line.includes('"45"')),
    );
    await workbench.clickNotificationButton('Retire fedora-45?', 'Cancel');
    await workbench.clickNotificationButton('Retire fedora-44?', 'Cancel');
    await workbench.until(
      'no review',
      () => workbench.reviewedFiles(),
      (files) => files.length === 0,
    );
    assert.ok(await exists(workbench.codeServer.file('image-scripts/images/fedora-44')));
  });

  test('a build number is bumped wherever it stands', async () => {
    const build = 'image-scripts/images/fedora-44/build.sh';
    const before = await workbench.codeServer.read(build);
    await workbench.openFile(build);
    await workbench.command('Bump Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.choices.filter({ hasText: 'Another variable' }).click();
    await workbench.fillInputBox('Another variable', 'NOTHING');
    await workbench.inputMessage('VARIABLE=value');
    await workbench.press('Escape');
    await workbench.command('Bump Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.choices.filter({ hasText: 'Build number' }).click();
    await workbench.fillInputBox('Build number', '16');
    await workbench.inputMessage(`edits ${build}`);
    await workbench.press('Enter');
    await workbench.clickNotificationButton('Bump fedora-44 to 16?', 'Bump');
    const after = before.replaceAll('-15.noarch.rpm', '-16.noarch.rpm');
    assert.notEqual(after, before);
    await workbench.until(
      'the script',
      () => workbench.codeServer.read(build),
      (text) => text === after,
    );
  });

  test('one is renamed wherever it is named', async () => {
    await workbench.openFile('image-scripts/images/guix/build.sh');
    await workbench.command('Rename Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.fillInputBox('Rename guix', 'debian-13');
    await workbench.inputMessage('exists');
    await workbench.input.fill('guix-system');
    await workbench.press('Enter');
    await workbench.clickNotificationButton('Rename guix to guix-system?', 'Rename');
    await workbench.until(
      'the directory',
      () => exists(workbench.codeServer.file('image-scripts/images/guix-system/build.sh')),
      (is) => is,
    );
    await workbench.until(
      'the entry',
      () => workbench.codeServer.read(REPOSITORY),
      (text) => text.includes('"guix-system"'),
    );
    assert.ok(!(await exists(workbench.codeServer.file('image-scripts/images/guix'))));
  });
});

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

/** Returns the errors and warnings of a checkout, as `image-scripts-ls check` prints them. */
async function check(root: string): Promise<string[]> {
  const program = process.env.IMAGE_SCRIPTS_LS ?? '';
  const arguments_ = ['check', '--format', 'concise', '--fail-on', 'error', root];
  const output = await new Promise<string>((resolve, reject) => {
    // Status 1 is that of findings: files are saved one after the other.
    execFile(program, arguments_, (error, stdout) =>
      error === null || error.code === 1 ? resolve(stdout) : reject(error),
    );
  });
  return output.split('\n').filter((line) => / (error|warning)\[/.test(line));
}
