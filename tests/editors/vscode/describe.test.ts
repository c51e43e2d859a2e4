// The message of a commit, in the box of the Source Control view.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

async function git(root: string, ...arguments_: string[]): Promise<void> {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  await execFileAsync('git', ['-C', root, ...identity, ...arguments_]);
}

describe('the message of a commit', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({
      fixture: 'clean-2026',
      settings: { 'git.enabled': true, 'git.openRepositoryInParentFolders': 'never' },
      prepare: async (root) => {
        await git(root, 'init', '--quiet');
        await git(root, 'add', '--all');
        await git(root, 'commit', '--quiet', '--message=Start');
        await fs.symlink('alpine', path.join(root, 'image-scripts/images/alpine-3.25'));
      },
    });
  });
  after(() => workbench.close());

  /** Waits until the box has a text. */
  async function untilMessage(text: string): Promise<void> {
    await workbench.until(
      text,
      async () => {
        const lines = await workbench.page.locator('.scm-editor .view-line').allInnerTexts();
        return lines.map((line) => line.replaceAll('\u00a0', ' '));
      },
      (lines) => lines.some((line) => line.includes(text)),
    );
  }

  test('describes what has changed, and after that what is staged', async () => {
    await workbench.openFile('image-scripts/images/rocky-9/build.sh');
    await workbench.command('Image Scripts: Describe Change');
    await untilMessage('image-scripts: add alpine-3.25');
    await workbench.picture('describe');
    await fs.appendFile(path.join(workbench.codeServer.root, 'image-scripts/images/rocky-9/build.sh'), 'true\n');
    await git(workbench.codeServer.root, 'add', 'image-scripts/images/rocky-9');
    await workbench.command('Git: Refresh');
    await workbench.command('Image Scripts: Describe Change');
    await workbench.clickDialogButton('Replace');
    await untilMessage('image-scripts: rocky-9: ');
  });
});
