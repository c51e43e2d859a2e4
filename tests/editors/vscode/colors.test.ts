// Colours that the server gives: of here-documents, which are text for the grammar of shell scripts,
// and of Nix, which VS Code does not know.

import { describe, test } from 'node:test';
import { type Workbench, withWorkbench } from './workbench.ts';

/** Returns the classes by which a line with a text is coloured, each once. */
async function classes(workbench: Workbench, text: string): Promise<string[]> {
  const line = workbench.page.locator('.editor-group-container.active .view-line', { hasText: text }).first();
  const spans = await line.locator('span span').all();
  const found = await Promise.all(spans.map((span) => span.getAttribute('class')));
  return [...new Set(found.flatMap((names) => (names ?? '').split(' ').filter((name) => name.startsWith('mtk'))))];
}

describe('colors', () => {
  test('what the container executes is code, and Nix has colours without an extension for it', async () => {
    await withWorkbench({ fixture: 'clean-2026' }, async (workbench) => {
      await workbench.ready();
      await workbench.openFile('image-scripts/images/arch/build.sh', 53);
      await workbench.until(
        'the colours of a here-document',
        () => classes(workbench, 'passwd -l root'),
        (found) => found.length > 1,
      );
      await workbench.openFile('tests/distributions.nix');
      await workbench.until(
        'the colours of Nix',
        () => classes(workbench, 'distribution = '),
        (found) => found.length > 1,
      );
    });
  });
});
