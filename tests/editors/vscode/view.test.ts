// The view Images: where it is, its signs and numbers, and the menus of images elsewhere.

import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { Workbench } from './workbench.ts';

describe('the view Images', () => {
  let workbench: Workbench;
  let images: Locator;
  const row = (name: string): Locator => images.getByRole('treeitem', { name: new RegExp(`^${name}\\b`) });
  before(async () => {
    workbench = await Workbench.open();
    await workbench.see(workbench.imagesIcon);
  });
  after(() => workbench.close());

  test('stands in the activity bar, with the number of problems', async () => {
    await workbench.see(workbench.imagesIcon.locator('.badge', { hasText: /^13$/ }));
    await workbench.untilCounts({ errors: 3, warnings: 10 });
    await workbench.ready();
    images = await workbench.images();
  });

  test('is in natural order', async () => {
    await workbench.expand(row('almalinux'));
    await workbench.until(
      'the images',
      async () => {
        const names = await images.locator('.monaco-list-row[aria-level="2"] .label-name').allInnerTexts();
        return names.filter((name) => name.startsWith('almalinux')).join(' ');
      },
      (names) => names === 'almalinux-8 almalinux-9 almalinux-10 almalinux-10-kitten',
    );
    await workbench.collapse(row('almalinux'));
  });

  test('has signs, which are explained', async () => {
    await workbench.expand(row('debian'));
    await workbench.see(row('debian-11').locator('.codicon-history'));
    await workbench.see(row('debian-13').locator('.codicon-pass-filled'));
    await workbench.expand(row('ubuntu'));
    await workbench.see(row('ubuntu-26\\.10').locator('.codicon-error'));
    await workbench.picture('view');
    await workbench.command('About the Signs of Images');
    await workbench.see(workbench.choices.filter({ hasText: 'past the end of its release' }));
    await workbench.picture('view-signs');
    await workbench.press('Escape');
  });

  test('counts as the status item and the Problems view do', async () => {
    await workbench.openFile('image-scripts/images/fedora-45/build.sh');
    const status = workbench.page.locator('#status\\.languageStatus');
    await workbench.repeatUntilVisible(
      workbench.page.locator('.hover-language-status', { hasText: '3 errors, 10 warnings, 8 hints in 49 images' }),
      () => workbench.hoverAgain(status),
    );
  });
});

describe('images in the tree of files', () => {
  let workbench: Workbench;
  const RETIRED = 'image-scripts/images/fedora-44';
  before(async () => {
    workbench = await Workbench.open({ fixture: 'clean-2026' });
    await workbench.ready();
    await workbench.openFile(`${RETIRED}/config.sh`);
  });
  after(() => workbench.close());

  test('have a menu, and other folders have none', async () => {
    const menu = workbench.page.locator('.monaco-menu .action-item');
    const ours = menu.filter({ hasText: 'Image Scripts' });
    const folder = await workbench.fileInTree('fedora-44');
    const command = menu.filter({ hasText: 'Retire Image...' });
    await workbench.repeatUntilVisible(ours, () => folder.click({ button: 'right' }));
    await workbench.repeatUntilVisible(command, () => workbench.hoverAgain(ours));
    await workbench.picture('menu', { pointing: true });
    await workbench.press('Escape');
    await workbench.press('Escape');
    await ours.waitFor({ state: 'hidden' });
    const other = await workbench.fileInTree('images');
    const entry = menu.filter({ hasText: 'Copy Path' });
    await workbench.repeatUntilVisible(entry, () => other.click({ button: 'right' }));
    assert.equal(await ours.count(), 0);
    await workbench.press('Escape');
    await entry.first().waitFor({ state: 'hidden' });
  });

  test('are retired when they are deleted: all is saved, and what is left is said', async () => {
    const folder = await workbench.fileInTree('fedora-44');
    await folder.click();
    await workbench.repeatUntilVisible(workbench.page.locator('.monaco-dialog-box'), () => workbench.press('Delete'));
    await workbench.clickDialogButton('Delete');
    // VS Code's own question, whether the extension may edit what goes with it.
    await workbench.clickDialogButton('OK');
    await workbench.see(workbench.notification('Retired fedora-44.'));
    for (const file of ['os/configs/image-repository.nix', 'tests/distributions.nix']) {
      await workbench.until(
        file,
        () => workbench.codeServer.read(file),
        (text) => !/"44" =|fedora_44/.test(text),
      );
    }
    await workbench.until(
      'unsaved files',
      () => workbench.page.locator('.tab.dirty').count(),
      (count) => count === 0,
    );
    await assert.rejects(fs.access(workbench.codeServer.file(RETIRED)));
  });

  test('leave a list of what is left over, until that is done', async () => {
    const images = await workbench.images();
    const leftover = images.getByRole('treeitem', { name: 'builder `fedora` starts from fedora 44' });
    await workbench.see(images.getByRole('treeitem', { name: 'Left over (1)' }));
    await workbench.picture('left-over');
    await leftover.click();
    await workbench.untilActive('builders/fedora/config.sh');
    await leftover.hover();
    await leftover.getByRole('button', { name: 'Done' }).click();
    await workbench.until(
      'the list',
      () => images.getByRole('treeitem', { name: 'Left over' }).count(),
      (count) => count === 0,
    );
  });
});
