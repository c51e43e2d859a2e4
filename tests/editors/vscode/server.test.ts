// Servers that fail, and a checkout that is opened through a link.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { withWorkbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

/** Has the server started by a script, which the test may change. */
async function wrapped(root: string, script: string): Promise<void> {
  const program = path.join(path.dirname(root), 'wrapper');
  const real = process.env.IMAGE_SCRIPTS_LS ?? '';
  const text = `#!/usr/bin/env bash\nreal=${real}\n[ "$1" = lsp ] || exec "$real" "$@"\n${script}\n`;
  await fs.writeFile(program, text, { mode: 0o755 });
  await fs.mkdir(`${root}/.vscode`, { recursive: true });
  await fs.writeFile(`${root}/.vscode/settings.json`, JSON.stringify({ 'imageScripts.server.path': program }));
}

describe('servers', () => {
  test('a missing one is reported, and another one is started when the setting is corrected', async () => {
    const prepare = async (root: string): Promise<void> => {
      await fs.mkdir(`${root}/.vscode`);
      await fs.writeFile(`${root}/.vscode/settings.json`, '{ "imageScripts.server.path": "/nowhere/at-all" }');
    };
    await withWorkbench({ prepare }, async (workbench) => {
      await workbench.see(workbench.notification('/nowhere/at-all does not exist or cannot run on this system'));
      await fs.writeFile(workbench.codeServer.file('.vscode/settings.json'), '{}');
      await workbench.ready();
      await workbench.untilCounts({ errors: 3, warnings: 10 });
    });
  });

  test('one that exits at once is reported, once, and can be restarted', async () => {
    const exits = 'if [ ! -e "$0.fixed" ] ; then echo again >> "$0.log" ; exit 3 ; fi ; exec "$real" lsp';
    await withWorkbench({ prepare: (root) => wrapped(root, exits) }, async (workbench) => {
      await workbench.see(workbench.notification('The server failed to start'));
      const log = await fs.readFile(path.join(workbench.codeServer.folder, 'wrapper.log'), 'utf8');
      assert.equal(log, 'again\n');
      assert.equal(await workbench.notification('The server failed to start').count(), 1);
      await fs.writeFile(path.join(workbench.codeServer.folder, 'wrapper.fixed'), '');
      await workbench.command('Image Scripts: Restart Server');
      await workbench.ready();
      await workbench.untilCounts({ errors: 3, warnings: 10 });
    });
  });

  test('one that hangs is killed when it is restarted', async () => {
    const hangs = 'if [ ! -e "$0.fixed" ] ; then echo $$ > "$0.pid" ; exec sleep 1000 ; fi ; exec "$real" lsp';
    await withWorkbench({ prepare: (root) => wrapped(root, hangs) }, async (workbench) => {
      const pid = await workbench.until(
        'the process',
        () => fs.readFile(path.join(workbench.codeServer.folder, 'wrapper.pid'), 'utf8').catch(() => ''),
        (text) => text.endsWith('\n'),
      );
      await fs.writeFile(path.join(workbench.codeServer.folder, 'wrapper.fixed'), '');
      await workbench.command('Image Scripts: Restart Server');
      await workbench.command('Image Scripts: Restart Server');
      await workbench.ready();
      await workbench.untilCounts({ errors: 3, warnings: 10 });
      await assert.rejects(execFileAsync('kill', ['-0', pid.trim()]));
      assert.equal(await workbench.hasCommand('Image Scripts: New Image...'), true);
    });
  });
});

test('a checkout that is opened through a link has one document of a file', async () => {
  const prepare = (root: string): Promise<void> => fs.symlink(root, path.join(path.dirname(root), 'link'));
  await withWorkbench({ folder: '../link', prepare, fixture: 'clean-2026' }, async (workbench) => {
    await workbench.ready();
    await workbench.openFile('image-scripts/images/guix/build.sh');
    const images = await workbench.images();
    const guix = images.locator('.monaco-list-row', { hasText: 'guix' });
    await workbench.expand(guix);
    await workbench.see(guix.nth(1));
    await guix.nth(1).click();
    await workbench.untilActive('guix/build.sh');
    assert.equal(await workbench.page.locator('.tab', { hasText: 'build.sh' }).count(), 1);
  });
});
