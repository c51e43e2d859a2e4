// The overview: as a page in a browser, which needs nothing but itself, and as a view of VS Code.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { launchBrowser, project, requireEnv, takePicture } from './codeServer.ts';
import { Workbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

/** Prints the overview of a fixture. */
async function overviewOf(fixture: string): Promise<string> {
  const root = path.join(project, 'fixtures', fixture);
  const arguments_ = ['status', root, '--format', 'html', '--links', 'https://example.org/tree/'];
  const { stdout } = await execFileAsync(requireEnv('IMAGE_SCRIPTS_LS'), arguments_);
  return stdout;
}

/** Returns the names of the images that are shown. */
function shownImages(page: Page | FrameLocator): Promise<string[]> {
  return page.locator('#images tbody tr:not(.group):not([hidden]) th a').allTextContents();
}

describe('the overview in a browser', () => {
  let browser: Browser;
  let folder: string;
  before(async () => {
    browser = await launchBrowser();
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'image-scripts-overview-'));
  });
  after(async () => {
    await browser.close();
    await fs.rm(folder, { recursive: true });
  });

  /** Opens a page; it fails if it wants anything from the network, or writes an error. */
  async function open(html: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const file = path.join(folder, 'overview.html');
    await fs.writeFile(file, html);
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, ...options });
    page.on('request', (request) => assert.ok(request.url().startsWith('file:'), request.url()));
    page.on('pageerror', (error) => assert.fail(error.message));
    await page.goto(`file://${file}`);
    return page;
  }

  test('lists images in natural order, and cells lead to the lines that say so', async () => {
    const page = await open(await overviewOf('contribution'));
    const images = await shownImages(page);
    const fedora = images.filter((name) => name.startsWith('fedora'));
    assert.deepEqual(fedora, [...fedora].sort(new Intl.Collator('en', { numeric: true }).compare));
    const row = page.locator('#images tr', { has: page.getByRole('link', { name: 'fedora-44', exact: true }) });
    const href = await row.getByRole('link', { name: 'yes' }).getAttribute('href');
    assert.match(href ?? '', /^https:\/\/example\.org\/tree\/os\/configs\/image-repository\.nix#L\d+$/);
    await takePicture(page, 'overview-light');
    await page.close();
  });

  test('narrows the table by words and by marks', async () => {
    const page = await open(await overviewOf('contribution'));
    const all = (await shownImages(page)).length;
    await page.getByRole('searchbox').fill('fedora');
    const fedora = await shownImages(page);
    assert.ok(fedora.length > 0 && fedora.length < all);
    assert.equal(await page.locator('#count').textContent(), `${fedora.length} of ${all} images`);
    await page.getByRole('searchbox').fill('');
    await page.getByLabel('with findings').check();
    const marked = (await shownImages(page)).length;
    assert.equal(marked, await page.locator('#images details').count());
    await page.close();
  });

  test('shows what a change reaches, by mouse and by keyboard', async () => {
    const page = await open(await overviewOf('clean-2026'), { colorScheme: 'dark' });
    await page.getByRole('tab', { name: 'Images' }).focus();
    await page.keyboard.press('ArrowRight');
    const include = page.getByRole('button', { name: 'redhat-family.sh' });
    await include.click();
    const chosen = page.locator('#chosen');
    assert.match((await chosen.textContent()) ?? '', /^A change of redhat-family\.sh reaches \d+ images: .*fedora-44/);
    await takePicture(page, 'overview-reach-dark');
    await page.getByRole('button', { name: 'builder nixos' }).focus();
    await page.keyboard.press('Enter');
    assert.match((await chosen.textContent()) ?? '', /^A change of builder nixos reaches/);
    await page.close();
  });

  test('has everything without scripts and in print', async () => {
    const html = await overviewOf('contribution');
    const page = await open(html, { javaScriptEnabled: false });
    assert.ok((await shownImages(page)).includes('fedora-44'));
    assert.ok(await page.locator('#reach table').isVisible());
    await page.close();
    const printed = await open(html);
    await printed.emulateMedia({ media: 'print' });
    assert.ok(await printed.locator('#reach table').isVisible());
    assert.ok(await printed.locator('nav').isHidden());
    await printed.close();
  });
});

describe('the overview in VS Code', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({ fixture: 'contribution' });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('opens the line that a cell is from, and follows changes', async () => {
    await workbench.command('Show Overview');
    const page = workbench.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
    await workbench.see(page.getByRole('heading', { level: 1 }));
    await workbench.picture('overview');
    const row = page.locator('#images tr', { has: page.getByRole('link', { name: 'fedora-44', exact: true }) });
    await row.getByRole('link', { name: 'yes' }).click();
    await workbench.untilActive('os/configs/image-repository.nix');
  });
});
