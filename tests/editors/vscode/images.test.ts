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
    // The release after the one at the cursor is first.
    const next = workbench.choices.filter({ hasText: 'fedora-45' }).filter({ hasText: 'after fedora-44' });
    await workbench.see(next);
    await workbench.picture('new-image-name');
    assert.match(await workbench.choices.first().innerText(), /fedora-45/);
    await workbench.press('Enter');
    await workbench.see(
      workbench.choices.filter({ hasText: 'Also retire fedora-43' }).filter({ hasText: 'oldest of 2' }),
    );
    await workbench.picture('new-image-retire');
    await workbench.press('Enter');
    await workbench.untilReviewed('New image fedora-45');
    await workbench.until(
      'the files that change',
      () => workbench.reviewedFiles(),
      (files) => files.length > 2,
    );
    await workbench.picture('new-image-review');
    await workbench.answerChange('New image fedora-45', 'Apply');
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
    await workbench.clickNotificationButton('Created fedora-45', 'Confirm');
    const build = workbench.choices.filter({ hasText: 'build number' }).first();
    await workbench.see(build);
    await workbench.picture('new-image-verify');
    await build.hover();
    await build.getByRole('button', { name: 'Go to the value' }).click();
    await workbench.see(workbench.page.locator('#status\\.editor\\.selection', { hasText: 'Ln 4, Col' }));
    await workbench.press('Escape');
    await workbench.input.waitFor({ state: 'hidden' });
    await workbench.untilCounts({ errors: 0, warnings: 0 });
  });

  test('another name is free text, and asks what it is like only where nothing precedes it', async () => {
    await workbench.command('New Image...');
    await workbench.fillInputBox('New Image', 'fedora-44');
    await workbench.choices.filter({ hasText: 'Another name...' }).click();
    await workbench.inputMessage('nothing is missing');
    await workbench.fillInputBox('New Image', 'fedora-47');
    await workbench.inputMessage('like fedora-45');
    await workbench.fillInputBox('New Image', 'amazonlinux-2023');
    await workbench.inputMessage('you will pick the image to be like');
    await workbench.press('Enter');
    await workbench.fillInputBox('amazonlinux-2023: like which image?', 'almalinux-9');
    await workbench.choices.filter({ hasText: 'almalinux-9' }).first().click();
    // Nothing of another distribution goes.
    await workbench.answerChange('New image amazonlinux-2023', 'Discard');
  });

  test('a distribution in the view proposes its next main release', async () => {
    const images = await workbench.images();
    const row = images.locator('.monaco-list-row', { hasText: 'almalinux' });
    await row.hover();
    await row.getByRole('button', { name: 'New Image...' }).click();
    await workbench.see(workbench.choices.filter({ hasText: 'almalinux-11' }));
    assert.match(await workbench.choices.first().innerText(), /^almalinux-11after/);
    await workbench.press('Escape');
    await workbench.input.waitFor({ state: 'hidden' });
  });

  test('one that shares a directory is a link', async () => {
    await workbench.newImage('alpine-3', 'alpine-3.25');
    await workbench.choices.filter({ hasText: 'Keep all' }).click();
    await workbench.see(workbench.reviewLine('creates the link image-scripts/images/alpine-3.25 -> alpine'));
    await workbench.answerChange('New image alpine-3.25', 'Apply');
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
      workbench.reviewLine('deletes image-scripts/images/fedora-43'),
    );
    await workbench.picture('retire');
    await workbench.answerChange('Retire fedora-43', 'Apply');
    const retired = workbench.notification('Retired fedora-43');
    await workbench.see(retired);
    assert.equal(await retired.getByRole('button', { name: 'Run Its Test' }).count(), 0);
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

  test('the review of a change has its notes, which lead to files, and it waits meanwhile', async () => {
    const title = 'Retire fedora-44';
    await retire('fedora-44');
    const builder = 'image-scripts/builders/fedora/config.sh';
    await workbench.see(workbench.reviewLine('builder `fedora` starts from fedora 44'));
    await workbench.picture('notes');
    const link = workbench.reviewLine(`${builder}:1:`).locator('.detected-link');
    await workbench.followLink(link, builder);
    // From there, the status bar leads back.
    await workbench.waitingChange(title).click();
    await workbench.answerChange(title, 'Discard');
    assert.ok(await exists(workbench.codeServer.file('image-scripts/images/fedora-44')));
  });

  test('closing the review discards the change', async () => {
    await retire('fedora-44');
    await workbench
      .reviewTab('Retire fedora-44')
      .getByRole('button', { name: /^Close/ })
      .click();
    await workbench.untilAnswered('Retire fedora-44');
    assert.ok(await exists(workbench.codeServer.file('image-scripts/images/fedora-44')));
  });

  test('keys apply and discard it, where it is in front', async () => {
    const title = 'Retire slackware-15.0';
    await retire('slackware-15.0');
    await pressEscape();
    await workbench.untilAnswered(title);
    await retire('slackware-15.0');
    // Of the palette, they close it.
    await workbench.hasCommand('Image Scripts: Apply Change');
    await workbench.untilReviewed(title);
    await workbench.openFile('image-scripts/images/arch/config.sh');
    await workbench.press('Escape');
    await workbench.press('Control+Enter');
    await workbench.undo();
    await workbench.waitingChange(title).click();
    await workbench.untilReviewed(title);
    await workbench.press('Control+Enter');
    await workbench.untilAnswered(title);
    await workbench.until(
      'the directory',
      () => exists(workbench.codeServer.file('image-scripts/images/slackware-15.0')),
      (is) => !is,
    );
  });

  test('only one change waits, and what is shown is what would be done', async () => {
    await retire('fedora-44');
    await retire('fedora-45');
    await workbench.see(workbench.notification('Discarded: Retire fedora-44'));
    await workbench.untilAnswered('Retire fedora-44');
    // It has one of them and lacks the other.
    await workbench.until(
      'the repository after the second',
      () => workbench.page.locator('.multiDiffEditor .editor.modified .view-line').allInnerTexts(),
      (lines) => lines.some((line) => line.includes('"44"')) && !lines.some((line) => line.includes('"45"')),
    );
    await workbench.answerChange('Retire fedora-45', 'Discard');
    assert.ok(await exists(workbench.codeServer.file('image-scripts/images/fedora-44')));
  });

  test('a change of the checkout in the meantime is shown before it is applied', async () => {
    const title = 'Retire fedora-44';
    await retire('fedora-44');
    const repository = workbench.codeServer.file(REPOSITORY);
    const before = await workbench.codeServer.read(REPOSITORY);
    await fs.writeFile(repository, before.replace('debian = {', 'debiam = {'));
    await workbench.until(
      'findings, once the server has read it',
      () => workbench.counts(),
      ({ errors, warnings }) => errors + warnings > 0,
    );
    await workbench.press('Control+Enter');
    await workbench.see(workbench.notification('has changed since'));
    await workbench.untilReviewed(title);
    await workbench.answerChange(title, 'Discard');
    assert.ok(await exists(workbench.codeServer.file('image-scripts/images/fedora-44')));
    await fs.writeFile(repository, before);
  });

  test('no review is left after a restart of the window', async () => {
    await retire('fedora-44');
    await workbench.command('Developer: Reload Window');
    await workbench.waitingChange('Retire fedora-44').waitFor({ state: 'hidden' });
    await workbench.ready();
    await workbench.reviewTab('Retire fedora-44').waitFor({ state: 'hidden' });
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
    await workbench.choices.filter({ hasText: 'Build number' }).filter({ hasText: '15' }).click();
    await workbench.inputMessage('the value that is there');
    assert.equal(await workbench.input.inputValue(), '15');
    // It is selected: what is typed takes its place.
    await workbench.page.keyboard.type('16');
    await workbench.inputMessage(`edits ${build}`);
    await workbench.press('Enter');
    await workbench.answerChange('Bump fedora-44 to 16', 'Apply');
    const after = before.replaceAll('-15.noarch.rpm', '-16.noarch.rpm');
    assert.notEqual(after, before);
    await workbench.until(
      'the script',
      () => workbench.codeServer.read(build),
      (text) => text === after,
    );
  });

  test('a builder is made after another one', async () => {
    const setup = 'image-scripts/builders/fedora-next/setup.sh';
    await workbench.command('New Builder...');
    await workbench.fillInputBox('New Builder', 'fedora');
    await workbench.inputMessage('exists');
    await workbench.fillInputBox('New Builder', 'fedora-next');
    await workbench.inputMessage(`creates image-scripts/builders/fedora-next/config.sh, ${setup}`);
    await workbench.press('Enter');
    await workbench.choices.filter({ hasText: 'named most like it' }).click();
    await workbench.fillInputBox('It starts from', 'fedora:44');
    await workbench.choices.filter({ hasText: 'fedora:44' }).first().click();
    await workbench.answerChange('New builder fedora-next', 'Apply');
    await workbench.untilActive('fedora-next/setup.sh');
    assert.match(await workbench.codeServer.read('image-scripts/builders/fedora-next/config.sh'), /RELVER=44/);
  });

  test('one is renamed wherever it is named', async () => {
    await workbench.openFile('image-scripts/images/guix/build.sh');
    await workbench.command('Rename Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.fillInputBox('Rename guix', 'debian-13');
    await workbench.inputMessage('exists');
    await workbench.input.fill('guix-system');
    await workbench.press('Enter');
    await workbench.answerChange('Rename guix to guix-system', 'Apply');
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

  test('a name that does not fit is possible, once it is said to be meant', async () => {
    const from = 'image-scripts/images/ubuntu-24.04';
    await workbench.openFile(`${from}/build.sh`);
    await workbench.command('Rename Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.fillInputBox('Rename ubuntu-24.04', 'ubuntu-24.05');
    await workbench.inputMessage('does not fit beside');
    await workbench.press('Enter');
    await workbench.see(workbench.page.locator('.monaco-dialog-box', { hasText: 'does not fit beside' }));
    await workbench.picture('rename-anyway');
    await workbench.clickDialogButton('Rename Anyway');
    await workbench.answerChange('Rename ubuntu-24.04 to ubuntu-24.05', 'Apply');
    await workbench.until(
      'the directory',
      () => exists(workbench.codeServer.file(from.replace('04', '05'))),
      (is) => is,
    );
  });

  /** Presses Escape, once no notification is there that it would hide. */
  async function pressEscape(): Promise<void> {
    const toasts = workbench.page.locator('.notifications-toasts.visible');
    if (await toasts.isVisible()) {
      await workbench.press('Escape');
      await toasts.waitFor({ state: 'hidden' });
    }
    await workbench.press('Escape');
  }

  /** Asks to retire an image, and waits for the review. */
  async function retire(name: string): Promise<void> {
    await workbench.openFile(`image-scripts/images/${name}/config.sh`);
    await workbench.command('Retire Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.untilReviewed(`Retire ${name}`);
    await workbench.until(
      `the review of ${name}`,
      () => workbench.reviewedFiles(),
      (files) => files.some((file) => file.includes(`images/${name}`)),
    );
  }
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
