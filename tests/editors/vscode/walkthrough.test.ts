// The walkthrough, and its links to what a contributor has to know.

import * as fs from 'node:fs/promises';
import { test } from 'node:test';
import { withWorkbench } from './workbench.ts';

const README = 'image-scripts/README.md';

test('a walkthrough leads through a contribution, and to the README of the scripts', async () => {
  const prepare = (root: string): Promise<void> => fs.writeFile(`${root}/${README}`, '# Scripts\n\n## Builders\n');
  await withWorkbench({ prepare }, async (workbench) => {
    await workbench.ready();
    await workbench.command('Welcome: Open Walkthrough...');
    await workbench.choices.filter({ hasText: 'Change vpsAdminOS container images' }).first().click();
    const { page } = workbench;
    await workbench.see(page.getByText('Know the five places'));
    await workbench.see(page.getByText('Retire a release'));
    await workbench.picture('walkthrough');
    await page.locator('a', { hasText: /^builders$/ }).click();
    await workbench.untilActive(README);
    await workbench.see(page.locator('#status\\.editor\\.selection', { hasText: 'Ln 3, Col 1' }));
  });
});
