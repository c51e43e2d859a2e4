// Two worktrees of one repository in a window, and the outline of a script in one of them.

import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

const execFileAsync = promisify(execFile);

/** Makes a checkout a repository, with a second worktree beside it. */
async function addWorktree(root: string): Promise<void> {
  const git = (...args: string[]) => execFileAsync('git', args, { cwd: root });
  await git('init', '-q', '-b', 'stable');
  await git('add', '-A');
  await git('-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', 'commit', '-qm', 'base');
  await git('worktree', 'add', '-q', '-b', 'next', '../tree');
}

describe('two worktrees', () => {
  let workbench: Workbench;
  before(async () => {
    workbench = await Workbench.open({ folder: '..', prepare: addWorktree });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('are told apart by folder and branch', async () => {
    const images = await workbench.images();
    for (const label of [/^vpsadminos \(stable\)/, /^tree \(next\)/]) {
      await workbench.see(images.getByRole('treeitem', { name: label }));
    }
    await workbench.picture('worktrees');
  });

  test('a script has an outline where no other extension gives one', async () => {
    await workbench.openFile('tree/image-scripts/images/debian-13/build.sh');
    await workbench.press('Control+Shift+o');
    for (const symbol of ['RELNAME', 'debian.sh', 'run-configure']) {
      await workbench.see(workbench.choices.filter({ hasText: symbol }));
    }
    await workbench.press('Escape');
  });
});
