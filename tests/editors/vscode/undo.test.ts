// What is undone is undone: the tree is as it was, and the change can be made again.

import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

const execFileAsync = promisify(execFile);
const REPOSITORY = 'os/configs/image-repository.nix';
const PROGRAM = 'image-scripts/images/fedora-44/tool';
const BUILD = 'image-scripts/images/fedora-45/build.sh';

describe('undo', () => {
  let workbench: Workbench;
  let tree = '';
  before(async () => {
    workbench = await Workbench.open({
      fixture: 'clean-2026',
      // Executable files are copied by the server, of which VS Code does not know.
      prepare: (root) => fs.writeFile(`${root}/${PROGRAM}`, '#!/bin/sh\n', { mode: 0o755 }),
    });
    await workbench.ready();
    tree = await listing();
  });
  after(() => workbench.close());

  test('of New Image leaves the tree as it was', async () => {
    for (let time = 0; time < 2; time++) {
      await create();
      await workbench.until('the copy', listing, (now) => now.includes(`${PROGRAM.replace('44', '45')} `));
      await workbench.undo();
      await workbench.until('the tree', listing, (now) => now === tree);
      await workbench.untilCounts({ errors: 0, warnings: 0 });
    }
  });

  test('says what it leaves, and what takes that back', async () => {
    await workbench.newImage('alpine', 'after alpine-3.24');
    await workbench.choices.filter({ hasText: 'Also retire' }).first().waitFor();
    await workbench.choices.filter({ hasText: 'Keep all' }).click();
    await workbench.answerChange('New image alpine-3.25', 'Apply');
    await workbench.see(workbench.notification('Created alpine-3.25'));
    await workbench.openFile(REPOSITORY);
    await workbench.undo();
    await workbench.clickNotificationButton('Undo leaves the link image-scripts/images/alpine-3.25', 'Retire Image...');
    await workbench.answerChange('Retire alpine-3.25', 'Apply');
    await workbench.until('the tree', listing, (now) => now === tree);
  });

  test('says that it brings no deleted directory back', async () => {
    await workbench.openFile('image-scripts/images/arch/config.sh');
    await workbench.command('Retire Image...');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.see(workbench.reviewLine('git restore -- image-scripts/images/arch'));
    await workbench.answerChange('Retire arch', 'Apply');
    await workbench.see(workbench.notification('Retired arch'));
    await workbench.openFile(REPOSITORY);
    await workbench.undo();
    await workbench.see(workbench.notification('git restore -- image-scripts/images/arch'));
  });

  async function create(): Promise<void> {
    await workbench.newImage('fedora', 'after fedora-44');
    await workbench.choices.filter({ hasText: 'Keep all' }).click();
    await workbench.answerChange('New image fedora-45', 'Apply');
    // It is there for some seconds only.
    await workbench.see(workbench.notification('Created fedora-45'));
    await workbench.untilActive(BUILD);
    await workbench.untilEditorFocused();
  }

  /** Returns all files, directories and links of the checkout, with the sums of their texts. */
  async function listing(): Promise<string> {
    // A file may go away between the two.
    const command = 'find . -printf "%y %p %l\\n" | sort; find . -type f | sort | xargs md5sum 2> /dev/null || true';
    const { stdout } = await execFileAsync('bash', ['-c', command], { cwd: workbench.codeServer.root });
    return stdout;
  }
});
