// A test that fails, its cause in the source, the fix, and the test that passes; logs from elsewhere.

import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

const BUILD = 'image-scripts/images/fedora-44/build.sh';
const SETUP = 'image-scripts/builders/fedora/setup.sh';

/** Output of a build that calls a tool which its builder does not have. */
const LOG = `+ . /build/basedir.1f2e3d4c/${BUILD.replace('image-scripts/', '')}
/build/basedir.1f2e3d4c/${BUILD.replace('image-scripts/', '')}: line 15: jq: command not found
error: build of fedora-44 on fedora failed with exit status 127
`;

/**
 * Stands in for the test runner, and leaves what that leaves: fails as long as the builder does not install
 * the tool.
 */
const runner = (state: string): string => `#!/usr/bin/env bash
state=${state}/os-test-image-scripts__test__fedora-44-2d5dc36f
mkdir -p "$state"
echo '{}' > "$state/config.json"
echo "[1/1] Running test '$2' (#default)"
if grep -q 'jq' ${SETUP} ; then
	echo 'Running script default' > "$state/test-runner.log"
	echo expected_success > "$state/test-result.txt"
	exit 0
fi
cat > "$state/test-runner.log" <<'END'
Running script default
${LOG}END
echo unexpected_failure > "$state/test-result.txt"
echo "[1/1] Test '$2' failed after 3.2 seconds, see $state"
exit 1
`;

describe('triage', () => {
  let workbench: Workbench;
  let state: string;
  const item = (name: string) =>
    workbench.page.locator('.test-explorer').getByRole('treeitem', { name: new RegExp(`^${name}`) });
  const cause = () =>
    workbench.page.locator('.test-error-content-widget', { hasText: 'the builder does not have `jq`' });

  before(async () => {
    state = await fs.mkdtemp(path.join(os.tmpdir(), 'state-'));
    workbench = await Workbench.open({
      machineSettings: { 'imageScripts.testStateDirectory': state },
      prepare: async (root) => {
        await fs.writeFile(`${root}/test-runner.sh`, runner(state), { mode: 0o755 });
        const text = await fs.readFile(`${root}/${BUILD}`, 'utf8');
        await fs.writeFile(`${root}/${BUILD}`, text.replace('\nbootstrap\n', '\nbootstrap\njq . < /dev/null\n'));
        await fs.writeFile(`${root}/saved.log`, `[2026-08-17 21:18:03 +0200] Running script default\n${LOG}`);
      },
    });
    await workbench.ready();
  });
  after(async () => {
    await workbench.close();
    await fs.rm(state, { recursive: true, force: true });
  });

  test('the cause of a failed test stands at its place', async () => {
    await workbench.openFile(BUILD);
    await workbench.command('Image Scripts: Run Image Test');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.clickDialogButton('Run');
    await workbench.see(cause());
    await workbench.gotoText(BUILD, 'jq .');
    await workbench.picture('triage');
  });

  test('its fix is an action, and the test passes', async () => {
    await workbench.applyCodeAction('Install `jq` in `fedora`');
    await workbench.see(workbench.page.locator('.tab.dirty', { hasText: 'setup.sh' }));
    await workbench.command('File: Save All');
    await workbench.until(
      'the setup of the builder',
      () => workbench.codeServer.read(SETUP),
      (text) => text.includes('minisign openssl jq\n'),
    );
    await workbench.command('Image Scripts: Run Image Test');
    await workbench.choices.filter({ hasText: 'at the cursor' }).click();
    await workbench.command('Testing: Focus on Test Explorer View');
    await workbench.expand(item('Images'));
    await workbench.expand(item('fedora'));
    await workbench.see(item('fedora-44 .*Passed'));
  });

  test('the Images view says that it passed', async () => {
    const tree = await workbench.images();
    await workbench.expand(tree.getByRole('treeitem', { name: /^fedora,/ }));
    await workbench.see(tree.getByRole('treeitem', { name: /^fedora-44.*test passed/ }));
  });

  test('a log of elsewhere is read in the editor', async () => {
    await workbench.openFile('saved.log');
    await workbench.command('Image Scripts: Triage Log...');
    await workbench.choices.filter({ hasText: 'In the active editor' }).click();
    const choice = workbench.choices.filter({ hasText: 'fedora-44: the builder does not have `jq`' });
    await choice.click();
    await workbench.untilActive(BUILD);
  });
});
