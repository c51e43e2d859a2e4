// Numbers in words, the same wherever they are shown: status, badge, Images view.

import { type FindingCounts, SEVERITIES, type Severity } from '../protocol';

export function pluralize(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

/** Returns numbers of findings as `check` prints them, as in `2 errors, 1 warning`. */
export function findingsInWords(counts: FindingCounts): string {
  const inWords = (severity: Severity): string =>
    severity === 'information' ? `${counts.information} information` : pluralize(counts[severity], severity);
  const words = SEVERITIES.filter((severity) => counts[severity] > 0).map(inWords);
  return words.length === 0 ? 'no findings' : words.join(', ');
}

/** Returns the numbers of the findings of some problems. */
export function countFindings(problems: { severity: Severity }[]): FindingCounts {
  const counts: FindingCounts = { error: 0, warning: 0, information: 0, hint: 0 };
  for (const { severity } of problems) {
    counts[severity]++;
  }
  return counts;
}
