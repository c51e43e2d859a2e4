// The container's script beside the script that generates it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Locator } from 'playwright-core';
import { Workbench } from './workbench.ts';

const BUILD = 'image-scripts/images/ubuntu-26.10/build.sh';
const INCLUDE = 'image-scripts/include/systemd.sh';

/** Text in a here-document of the script. */
const LOOP = 'for unit in fwupd-refresh.timer';

describe('the container script', () => {
  let workbench: Workbench;
  let rendered: Locator;
  before(async () => {
    workbench = await Workbench.open({ settings: { 'workbench.editor.revealIfOpen': true } });
    await workbench.ready();
    rendered = workbench.page.locator('.editor-group-container', {
      has: workbench.page.locator('.tab', { hasText: 'ubuntu-26.10.container.sh' }),
    });
  });
  after(() => workbench.close());

  test('is opened beside the script by the lens', async () => {
    await workbench.gotoText(BUILD, 'run-configure');
    const lens = workbench.page.locator('.codelens-decoration a', { hasText: "show the container's script" });
    await (await workbench.see(lens)).click();
    await workbench.see(rendered.locator('.view-line', { hasText: '$INSTALL: /tmp/configure.sh, by' }));
    await workbench.see(workbench.page.locator('.editor-group-container .tab', { hasText: 'build.sh' }));
  });

  test('is shown at what the text at the cursor generates, and leads back to it', async () => {
    await showAt(BUILD, LOOP);
    await workbench.see(line(LOOP));
    await workbench.press('F12');
    await atSource(BUILD, LOOP);
  });

  test('leads to the include that has the text', async () => {
    const text = 'systemctl mask sys-kernel-debug.mount';
    await showAt(INCLUDE, text);
    await workbench.see(line(text));
    await workbench.press('F12');
    await atSource(INCLUDE, text);
  });

  test('shows findings where they are generated, and follows their fix', async () => {
    await showAt(BUILD, LOOP);
    await workbench.see(rendered.locator('.view-overlays .cdr[class*="ced-"]'));
    await workbench.picture('container-script');
    await workbench.gotoText(BUILD, '$unit &&');
    await workbench.applyCodeAction('Escape');
    await workbench.see(line('systemctl is-enabled $unit'));
  });

  test('follows what is typed', async () => {
    await workbench.gotoText(BUILD, ' thermald.service');
    await workbench.page.keyboard.type(' typed.timer');
    await workbench.see(line('fwupd-refresh.timer typed.timer thermald.service'));
    assert.ok(!(await workbench.codeServer.read(BUILD)).includes('typed.timer'));
  });

  function line(text: string): Locator {
    // Blanks are not those of the keyboard.
    return rendered
      .locator('.view-line')
      .filter({ hasText: new RegExp(text.replaceAll(/[.$/]/g, '\\$&').replaceAll(' ', '\\s')) });
  }

  /** Puts the cursor on a text, and shows what it generates. */
  async function showAt(file: string, text: string): Promise<void> {
    await workbench.gotoText(file, text);
    await workbench.command('Show Container Script');
    await workbench.see(rendered.locator('.tab.active'));
    await workbench.see(rendered.locator('.monaco-editor.focused'));
  }

  /** Waits until the cursor is at a text of a file. */
  async function atSource(file: string, text: string): Promise<void> {
    const before = (await workbench.codeServer.read(file)).split(text)[0] ?? '';
    const number = before.split('\n').length;
    await workbench.untilActive(file);
    await workbench.see(workbench.page.locator('#status\\.editor\\.selection', { hasText: `Ln ${number}, Col 1` }));
  }
});
