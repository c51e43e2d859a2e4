// Findings as a contributor sees them, and their fixes.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

const UBUNTU = 'image-scripts/images/ubuntu-26.10';
const FEDORA = 'image-scripts/images/fedora-45';
const REPOSITORY = 'os/configs/image-repository.nix';
const TABLE = 'tests/distributions.nix';

describe('findings', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open();
  });
  after(() => workbench.close());

  test('all of the checkout are there, whatever is open', async () => {
    await workbench.untilCounts({ errors: 3, warnings: 10 });
    await workbench.openFile(`${UBUNTU}/build.sh`);
    await workbench.until(
      'squiggles',
      () => workbench.squiggles('error'),
      (count) => count > 0,
    );
    assert.ok((await workbench.squiggles('warning')) > 0);
    await workbench.press('Control+Shift+m');
    const row = workbench.problems.filter({ hasText: '`resolute` is ubuntu 26.04, and this image is ubuntu 26.10' });
    await row.waitFor();
    assert.match(await row.innerText(), /image-scripts\s+release-mismatch/);
    await workbench.see(workbench.problems.filter({ hasText: '`configure-systemd` is not defined' }));
    // The panel covers the end of the script.
    await workbench.gotoText(`${UBUNTU}/build.sh`, 'configure-ssh ');
    await workbench.picture('problems');
    await workbench.press('Control+j');
  });

  test('hover on a helper tells what it does', async () => {
    await workbench.gotoText('image-scripts/images/debian-13/build.sh', 'configure-sshd');
    const text = await workbench.hover('configure-sshd');
    assert.match(text, /configure-sshd option value/);
    assert.match(text, /Sets one option of the SSH server/);
    assert.match(text, /include\/common\.sh/);
    await workbench.picture('hover', { pointing: true });
    await workbench.press('Escape');
  });

  test('a fix publishes an image, and one undo takes it back', async () => {
    await workbench.openFile(`${UBUNTU}/config.sh`);
    await workbench.codeAction('Publish `ubuntu-26.10`, without tags');
    await workbench.picture('fixes');
    await workbench.press('Escape');
    await workbench.applyCodeAction('Publish `ubuntu-26.10`, without tags');
    await workbench.untilCounts({ errors: 3, warnings: 9 });
    await workbench.openFile(REPOSITORY);
    await workbench.undo();
    await workbench.untilCounts({ errors: 3, warnings: 10 });
  });

  test('an action explains the rule of a finding', async () => {
    await workbench.openFile(`${UBUNTU}/config.sh`, 1, 10);
    await workbench.applyCodeAction('Explain `unknown-builder`');
    const page = workbench.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
    await workbench.see(page.getByRole('heading', { name: 'unknown-builder (error)' }));
    await workbench.see(page.getByRole('heading', { name: 'How to fix it' }));
    await workbench.press('Control+w');
  });

  test('a fix adds the missing row, and one undo takes it back', async () => {
    await workbench.openFile(`${FEDORA}/config.sh`);
    await workbench.applyCodeAction('Test `fedora-45`: add a row and its groups');
    await workbench.untilCounts({ errors: 3, warnings: 9 });
    await workbench.openFile(TABLE);
    await workbench.undo();
    await workbench.untilCounts({ errors: 3, warnings: 10 });
  });
});
