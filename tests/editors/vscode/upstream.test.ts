// Ask Upstream: what a server says of an image, shown where it stands, with the fix. A server of the test stands
// in for the mirror.

import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

const BUILD = 'image-scripts/images/rocky-9/build.sh';
const METADATA = '<?xml version="1.0"?>\n<repomd>\n</repomd>\n';

const listing = (...names: string[]): string =>
  `<html><head><title>Index of /</title></head>\n${names.map((name) => `<a href="${name}">${name}</a>\n`).join('')}</html>`;

/** What the mirror has. */
const PAGES = new Map<string, string | Buffer>([
  ['/rocky/', listing('9.8/', '9.9/')],
  ['/rocky/9.8/BaseOS/x86_64/os/Packages/r/', listing('rocky-release-9.8-1.5.el9.noarch.rpm')],
  ['/rocky/9.9/BaseOS/x86_64/os/Packages/r/', listing('rocky-release-9.9-1.2.el9.noarch.rpm')],
  [
    '/rocky/9.8/BaseOS/x86_64/os/Packages/r/rocky-release-9.8-1.5.el9.noarch.rpm',
    Buffer.from([0xed, 0xab, 0xee, 0xdb, 3]),
  ],
  ...['9.8', '9.9'].flatMap((point) =>
    ['BaseOS', 'AppStream'].map((name): [string, string] => [
      `/rocky/${point}/${name}/x86_64/os/repodata/repomd.xml`,
      METADATA,
    ]),
  ),
]);

describe('upstream', () => {
  let workbench: Workbench;
  /** Requests that are left without an answer, once it is set. */
  let waiting: http.ServerResponse[] | undefined;
  const server = http.createServer((request, response) => {
    if (waiting !== undefined) {
      waiting.push(response);
      return;
    }
    const page = PAGES.get(request.url ?? '');
    response.writeHead(page === undefined ? 404 : 200);
    response.end(request.method === 'HEAD' ? undefined : page);
  });

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    workbench = await Workbench.open({
      fixture: 'clean-2026',
      machineSettings: { 'imageScripts.server.allowPrivate': true },
      prepare: async (root) => {
        const text = await fs.readFile(`${root}/${BUILD}`, 'utf8');
        const own = text.replaceAll('https://mirror.example.org', `http://127.0.0.1:${port}`);
        await fs.writeFile(`${root}/${BUILD}`, own);
      },
    });
    await workbench.ready();
  });
  after(async () => {
    await workbench.close();
    server.closeAllConnections();
    server.close();
  });

  test('what is newer stands at its place', async () => {
    await workbench.openFile(BUILD);
    await workbench.command('Image Scripts: Ask Upstream...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.see(workbench.notification('rocky-9: update.'));
    await workbench.clickNotificationButton('rocky-9: update.', 'Show Problems');
    await workbench.see(workbench.page.locator('.markers-panel', { hasText: 'rocky 9.9 is out' }));
  });

  test('its fix is an action and a lens, after which nothing is left', async () => {
    const fix = 'Bump rocky-9: POINTVER 9.9, build 1.2';
    await workbench.gotoText(BUILD, '9.8');
    await workbench.see(await workbench.codeAction(fix));
    await workbench.press('Escape');
    await workbench.page.locator('.codelens-decoration a', { hasText: fix }).click();
    await workbench.command('File: Save All');
    await workbench.until(
      'the script',
      () => workbench.codeServer.read(BUILD),
      (text) => text.includes('POINTVER=9.9\n') && text.includes('-1.2.el9.noarch.rpm'),
    );
    await workbench.see(workbench.page.locator('.markers-panel', { hasText: 'No problems' }));
  });

  test('it is cancelled', async () => {
    waiting = [];
    await workbench.command('Image Scripts: Ask Upstream About All Images');
    await workbench.clickNotificationButton('Asking upstream about all images', 'Cancel');
    await workbench.until(
      'the end of the program',
      async () => waiting?.every((response) => response.destroyed) ?? false,
      (isOver) => isOver,
    );
  });
});
