// What the extension shows can be read in each kind of theme: pictures, to be looked at.

import { after, before, describe, test } from 'node:test';
import { Workbench } from './workbench.ts';

/** Themes with the class that the workbench has then. */
const THEMES = [
  ['dark', 'Default Dark Modern', 'vs-dark'],
  ['light', 'Default Light Modern', 'vs'],
  ['contrast', 'Default High Contrast', 'hc-black'],
  ['contrast-light', 'Default High Contrast Light', 'hc-light'],
] as const;

for (const [name, theme, className] of THEMES) {
  describe(`in the theme ${theme}`, () => {
    let workbench: Workbench;
    const picture = (what: string): Promise<void> => workbench.picture(`${name}-${what}`);
    before(async () => {
      workbench = await Workbench.open({ settings: { 'workbench.colorTheme': theme } });
      await workbench.see(workbench.page.locator(`.monaco-workbench.${className}`));
      await workbench.ready();
    });
    after(() => workbench.close());

    test('the view Images, with the problems', async () => {
      const images = await workbench.images();
      for (const distribution of ['debian', 'fedora', 'ubuntu']) {
        await workbench.expand(images.getByRole('treeitem', { name: new RegExp(`^${distribution},`) }));
      }
      await workbench.expand(images.getByRole('treeitem', { name: /^ubuntu-26\.10/ }));
      await workbench.openFile('image-scripts/images/ubuntu-26.10/build.sh');
      await picture('images');
      await workbench.command('Problems: Focus on Problems View');
      await workbench.see(workbench.problems);
      await picture('problems');
      await workbench.command('View: Hide Panel');
    });

    test('the overview', async () => {
      await workbench.command('Show Overview');
      const page = workbench.page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
      await workbench.see(page.locator('table'));
      await picture('overview');
    });

    test('a review', async () => {
      await workbench.openFile('image-scripts/images/fedora-44/config.sh');
      await workbench.command('Retire Image...');
      await workbench.choices.filter({ hasText: 'at the cursor' }).click();
      await workbench.untilReviewed('Retire fedora-44');
      await picture('review');
    });
  });
}
