// Values of a new image that were carried over or derived, and that only upstream can confirm.

import type { Images } from '../images';
import type { ChangeReport } from '../protocol';
import { showFinished } from './nextSteps';
import { pickFileRange } from './pickFileRange';

/** Tells the user that an image was created, and lists what to confirm in it. */
export async function showValuesToVerify(
  images: Images,
  { root, name }: { root: string; name: string },
  report: ChangeReport,
): Promise<void> {
  const values = report.verify;
  const count = values.length === 1 ? '1 value' : `${values.length} values`;
  const show = 'Show';
  const chosen = await showFinished(
    images,
    root,
    `Created ${name}. Only upstream can confirm ${count} in it.`,
    report,
    show,
  );
  if (chosen === show) {
    const entries = values.map(({ path, range, text, why }) => ({
      label: text.trim(),
      detail: why,
      fileRange: { path, range },
    }));
    await pickFileRange(images, root, `${name}: values to confirm`, entries);
  }
}
