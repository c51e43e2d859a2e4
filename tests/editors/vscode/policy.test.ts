// What images do to their containers: read, compared, and done as another image does.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

const DEBIAN = 'image-scripts/images/debian-13/build.sh';
const INCLUDE = 'image-scripts/include/systemd.sh';

describe('policies', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open();
  });
  after(() => workbench.close());

  /** Waits until the active editor has a line with a text. */
  async function untilLine(text: string): Promise<void> {
    await workbench.until(
      text,
      () => workbench.lines(),
      (lines) => lines.some((line) => line.includes(text)),
    );
  }

  test('are shown, and lead to the lines that say so', async () => {
    await workbench.openFile(DEBIAN);
    await workbench.command('Image Scripts: Show Policy');
    await workbench.choices.filter({ hasText: 'debian-13' }).first().waitFor();
    await workbench.press('Enter');
    await untilLine('units:');
    const line = (await workbench.lines()).findIndex((text) => /^ {2}mask .*systemd\.sh:10$/.test(text.trimEnd()));
    assert.ok(line >= 0);
    await workbench.picture('policy');
    const link = workbench.page.locator('.editor-group-container.active .detected-link', { hasText: `${INCLUDE}:10` });
    await link.first().click({ modifiers: ['ControlOrMeta'] });
    await workbench.untilActive(INCLUDE);
  });

  test('are compared', async () => {
    await workbench.openFile(DEBIAN);
    await workbench.command('Image Scripts: Compare Policy...');
    await workbench.choices.filter({ hasText: 'debian-13' }).first().waitFor();
    await workbench.press('Enter');
    await workbench.fillInputBox('with which image?', 'fedora-44');
    await workbench.choices.filter({ hasText: 'fedora-44' }).first().click();
    await untilLine('only fedora-44:');
  });
});
