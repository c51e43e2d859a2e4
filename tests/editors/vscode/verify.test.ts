// Values that only upstream can confirm: there until somebody says that they are right, also in a new window.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

const BUILD = 'image-scripts/images/fedora-45/build.sh';

interface OpenValue {
  name: string;
  path: string;
  range: { start: { line: number; character: number } };
}

describe('values to verify', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({ fixture: 'clean-2026' });
    await workbench.ready();
    await git('init', '-q');
    await git('add', '-A');
    await git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', 'commit', '-qm', 'base');
  });
  after(() => workbench.close());

  test('a new release has some', async () => {
    await workbench.openFile('image-scripts/images/fedora-44/build.sh');
    await workbench.command('New Image...');
    await workbench.choices.filter({ hasText: 'after fedora-44' }).click();
    await workbench.choices.filter({ hasText: 'Keep all' }).click();
    await workbench.answerChange('New image fedora-45', 'Apply');
    await workbench.see(workbench.notification('Created fedora-45'));
    await workbench.untilActive(BUILD);
    await workbench.until('the open values', openValues, (names) => names.length > 1);
  });

  test('they are listed in the view Images until they are confirmed, each once', async () => {
    await workbench.clickNotificationButton('Created fedora-45. Only upstream can confirm 3 values in it.', 'Show');
    const images = await workbench.images();
    const values = images.locator('.monaco-list-row[aria-level="4"]');
    const names = (count: number) =>
      workbench.until(
        'the values',
        () => values.locator('.label-name').allInnerTexts(),
        (names) => names.length === count,
      );
    const [address = '', build, packages = ''] = await names(3);
    assert.match(address, /^BASEURL: https:\/\/mirror\.example\.org\/fedora\/releases\/45\//);
    assert.equal(build, 'RELEASE: 15');
    assert.match(packages, /^EXTRAPKGS: fedora-gpg-keys /);
    await workbench.see(images.locator('.monaco-list-row', { hasText: 'To verify (3)' }));
    await workbench.picture('to-verify');
    const value = values.filter({ hasText: 'RELEASE: 15' });
    await value.click();
    await workbench.see(workbench.page.locator('#status\\.editor\\.selection', { hasText: 'Ln 4, Col' }));
    await value.hover();
    await value.getByRole('button', { name: 'This Is Right' }).click();
    await names(2);
    await workbench.until('the rest', openValues, (names) => !names.includes('fedora-45/RELEASE'));
  });

  test('one that is right is recorded', async () => {
    const before = await openValues();
    await confirm(before[0]);
    const rest = before.filter((name) => name !== before[0]);
    await workbench.until('the rest', savedOpenValues, (names) => names.join() === rest.join());
    const record = await workbench.codeServer.read('.image-scripts.toml');
    assert.match(record, /\[verified\."?fedora-45"?\]/);
  });

  test('the others are there again in a new window, until nothing is left', async () => {
    await workbench.reloadWindow();
    for (const name of new Set(await openValues())) {
      await confirm(name);
      await workbench.until('the record', savedOpenValues, (names) => !names.includes(name));
    }
    assert.deepEqual(await openValues(), []);
  });

  async function git(...args: string[]): Promise<void> {
    await promisify(execFile)('git', args, { cwd: workbench.codeServer.root });
  }

  /** Says in the editor that a value is right. */
  async function confirm(name: string | undefined): Promise<void> {
    const value = (await list()).find((open) => open.name === name);
    assert.ok(value !== undefined, `${name} is not open`);
    const { line, character } = value.range.start;
    await workbench.openFile(value.path, line + 1, character + 1);
    await workbench.applyCodeAction('This is right');
  }

  /** Saves what was recorded, which may come a little later, and returns what is left. */
  async function savedOpenValues(): Promise<string[]> {
    await workbench.command('File: Save All');
    return openValues();
  }

  async function openValues(): Promise<string[]> {
    return (await list()).map((open) => open.name);
  }

  async function list(): Promise<OpenValue[]> {
    const program = process.env.IMAGE_SCRIPTS_LS ?? '';
    const output = await new Promise<string>((resolve, reject) => {
      // Status 1: some are open.
      execFile(
        program,
        ['verify', '--list', '--format', 'json'],
        { cwd: workbench.codeServer.root },
        (error, stdout) => (error === null || error.code === 1 ? resolve(stdout) : reject(error)),
      );
    });
    return (JSON.parse(output) as { values: OpenValue[] }).values;
  }
});
