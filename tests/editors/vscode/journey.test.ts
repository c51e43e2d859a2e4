// The whole way of a release: the next one is added, the oldest goes, what only upstream knows is
// confirmed, and the changes are looked at.
//
// PAUSE is for how many seconds its user does nothing before each action. Notifications are hidden by
// then, and what they offer is found elsewhere.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Workbench } from './workbench.ts';

/** Actions that it may take after the palette: a key, a click or one text typed. */
const MAX_ACTIONS = 8;

/** Milliseconds after which no notification is left of those that ask something. */
const NOTIFICATION_LIFE = 12_000;

/** Milliseconds before each action. */
const PAUSE = Number(process.env.PAUSE ?? 0) * 1000;

const execFileAsync = promisify(execFile);

describe('journey', () => {
  let workbench: Workbench;
  let actions = 0;
  before(async () => {
    workbench = await Workbench.open({
      fixture: 'clean-2026',
      // As VS Code is by default: a file that is opened takes the place of a preview.
      settings: { 'git.enabled': true, 'workbench.editor.enablePreview': true },
      prepare: async (root) => {
        await git(root, 'init', '-q');
        await git(root, 'add', '-A');
        await git(root, '-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org', 'commit', '-qm', 'base');
      },
    });
    await workbench.ready();
  });
  after(() => workbench.close());

  test('the next Fedora comes, the oldest goes, all is confirmed and looked at', async () => {
    const title = 'New image fedora-45, fedora-43 retired';
    await workbench.command('New Image...');
    await workbench.see(workbench.choices);

    await act(() => workbench.fillInputBox('New Image', 'fedora'));
    await workbench.see(workbench.choices.filter({ hasText: 'after fedora-44' }));
    await act(() => workbench.press('Enter'));
    await act(() => workbench.choices.filter({ hasText: 'Also retire fedora-43' }).click());
    await workbench.untilReviewed(title);
    await workbench.picture('journey-review');
    // Whoever reads a change takes longer than a notification is there. Only time hides one.
    await workbench.page.waitForTimeout(NOTIFICATION_LIFE);
    await workbench.untilReviewed(title);
    await act(() => workbench.press('Control+Enter'));
    await workbench.untilAnswered(title);

    await notice('Created fedora-45');
    // It is one change: nothing else is said of the other image.
    assert.equal(await workbench.notification('Retired fedora-43').count(), 0);
    const toConfirm = workbench.page.locator('.statusbar-item', { hasText: /fedora-45: \d+ values to confirm/ });
    await workbench.see(toConfirm);
    await act(() =>
      PAUSE === 0 ? workbench.clickNotificationButton('Created fedora-45', 'Confirm') : toConfirm.click(),
    );
    await workbench.see(workbench.choices.filter({ hasText: 'build number' }));
    await act(() => workbench.chooseAll());
    await workbench.picture('journey-confirm');
    await act(() => workbench.press('Enter'));
    await workbench.see(workbench.notification('Nothing is left to confirm'));
    await toConfirm.waitFor({ state: 'hidden' });
    if (PAUSE > 0) {
      await notice('Nothing is left to confirm');
      await act(() => workbench.openNotifications());
    }
    await act(() => workbench.clickNotificationButton('Nothing is left to confirm', 'Open Changes'));
    await workbench.until(
      'the changes',
      () => workbench.reviewedFiles(),
      (files) => files.some((file) => file.includes('fedora-45')),
    );
    await workbench.picture('journey-changes');
    // A notification that is hidden takes one action more.
    assert.ok(actions <= (PAUSE === 0 ? MAX_ACTIONS : MAX_ACTIONS + 1), `${actions} actions`);

    const { root } = workbench.codeServer;
    const { stdout: changed } = await git(root, 'status', '--short', '--untracked-files=all');
    assert.deepEqual(changed.trimEnd().split('\n'), [
      ' D image-scripts/images/fedora-43/build.sh',
      ' D image-scripts/images/fedora-43/config.sh',
      ' M os/configs/image-repository.nix',
      ' M tests/distributions.nix',
      '?? .image-scripts.toml',
      '?? image-scripts/images/fedora-45/build.sh',
      '?? image-scripts/images/fedora-45/config.sh',
    ]);
    // It fails while something is open.
    await execFileAsync(process.env.IMAGE_SCRIPTS_LS ?? '', ['verify', '--list'], { cwd: root });
  });

  async function act(action: () => Promise<void>): Promise<void> {
    actions++;
    await workbench.page.waitForTimeout(PAUSE);
    await action();
  }

  /** Sees a notification, and with a pause sees it go. */
  async function notice(text: string): Promise<void> {
    await workbench.see(workbench.notification(text));
    if (PAUSE > 0) {
      await workbench.notification(text).waitFor({ state: 'hidden' });
    }
  }
});

function git(root: string, ...args: string[]): Promise<{ stdout: string }> {
  return execFileAsync('git', args, { cwd: root });
}
