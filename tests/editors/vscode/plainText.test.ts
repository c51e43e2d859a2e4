// Text of a checkout is text: no link, no icon, nothing that a terminal obeys.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { plainLabel, plainLine, plainMessage, plainStatus } from '../../../editors/vscode/src/plainText.ts';

const HARMLESS = ['', 'debian-13', 'Žluťoučký kůň', '日本語', '👩🏽‍💻 ❤️‍🔥', 'می‌خواهم', '\\n `x` %{y} a[0](b'];

describe('plain text', () => {
  test('what can be seen stays', () => {
    for (const text of HARMLESS) {
      assert.equal(plainLine(text), text);
      assert.equal(plainLabel(text), text);
    }
  });

  test('what cannot be seen is written out', () => {
    assert.equal(plainLine('a\x1b[31m\r\n\tb\u0085\u009b'), 'a\\u{1b}[31m\\r\\n\\tb\\u{85}\\u{9b}');
    assert.equal(plainLine('\u202ea\u2066\ufeff\u200b\u2028'), '\\u{202e}a\\u{2066}\\u{feff}\\u{200b}\\u{2028}');
    assert.equal(plainLine('a\u200db \u{e0041}'), 'a\\u{200d}b \\u{e0041}');
  });

  test('there are no links and no icons', () => {
    assert.equal(plainMessage('Retire [x](command:y)?\nz\x1b'), 'Retire [x] (command:y)?\nz\\u{1b}');
    assert.equal(plainLabel('$(zap) a\nb'), '\\$(zap) a\\nb');
    assert.equal(plainStatus('$(zap) [x](command:y)'), '\\$(zap) [x] (command:y)');
  });
});
