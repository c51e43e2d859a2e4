// Restricted Mode: a checkout is read, and nothing of it is run or changed.

import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

/** Program that leaves a trace when it is started, which it must not be. */
const TRAP = '#!/bin/sh\necho started > "$(dirname "$0")/started"\nexit 1\n';

describe('restricted mode', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({
      trusted: false,
      settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
      prepare: async (root) => {
        await fs.mkdir(`${root}/.vscode`);
        await fs.writeFile(`${root}/evil`, TRAP, { mode: 0o755 });
        await fs.writeFile(`${root}/test-runner.sh`, TRAP, { mode: 0o755 });
        const settings = { 'imageScripts.server.path': `${root}/evil` };
        await fs.writeFile(`${root}/.vscode/settings.json`, JSON.stringify(settings));
        // Only `bash -n` finds that.
        await fs.appendFile(`${root}/image-scripts/images/arch/build.sh`, 'if true ; then\n');
      },
    });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('findings, hover and the view Images are there', async () => {
    await workbench.see(workbench.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }));
    await workbench.untilCounts({ errors: 3, warnings: 10 });
    await workbench.gotoText('image-scripts/images/fedora-45/build.sh', 'configure-common');
    assert.match(await workbench.hover('configure-common'), /include\/common\.sh/);
    await workbench.press('Escape');
    await workbench.picture('restricted');
  });

  test('no program of the workspace is started, and none looks at its scripts', async () => {
    await workbench.openFile('image-scripts/images/arch/build.sh');
    await workbench.untilCounts({ errors: 3, warnings: 10 });
    await assert.rejects(workbench.codeServer.read('started'));
  });

  test('nothing can be changed or run', async () => {
    for (const title of ['New Image...', 'Retire Image...', 'Rename Image...', 'Run Image Test', 'Ask Upstream...']) {
      assert.equal(await workbench.hasCommand(`Image Scripts: ${title}`), false, title);
    }
    await workbench.openFile('image-scripts/images/fedora-45/config.sh');
    await workbench.applyCodeAction('Retire `fedora-45`');
    await workbench.see(workbench.notification('In Restricted Mode a checkout is only read'));
    await workbench.command('Testing: Focus on Test Explorer View');
    await workbench.see(workbench.page.locator('.sidebar .composite.title', { hasText: 'Testing' }));
    assert.equal(await workbench.page.locator('.test-explorer .monaco-list-row').count(), 0);
    await workbench.command('Explorer: Focus on Folders View');
  });

  test('a workspace that is trusted then is checked by bash, and has tests', async () => {
    // Its setting for the program would take effect.
    await fs.rm(workbench.codeServer.file('.vscode/settings.json'));
    await workbench.command('Workspaces: Manage Workspace Trust');
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await workbench.openFile('image-scripts/images/arch/build.sh');
    await workbench.untilCounts({ errors: 4, warnings: 10 });
    assert.equal(await workbench.hasCommand('Image Scripts: New Image...'), true);
    await workbench.command('Testing: Focus on Test Explorer View');
    await workbench.see(workbench.page.locator('.test-explorer .monaco-list-row'));
  });
});
