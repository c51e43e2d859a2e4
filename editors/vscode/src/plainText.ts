// Text of a checkout as text. VS Code makes links of `[text](command:name)` and icons of `$(name)` in
// much of what it shows; control characters reach terminals, and invisible ones hide what is there.

// As in the server's `escape.rs`.
const FORMAT =
  '\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180E\\u200B\\u200E\\u200F\\u2028-\\u202E\\u2060-\\u206F' +
  '\\u3164\\uFDD0-\\uFDEF\\uFEFF\\uFFA0\\uFFF0-\\uFFFB\\uFFFE\\uFFFF\\u{13430}-\\u{1343F}\\u{1BCA0}-\\u{1BCA3}' +
  '\\u{1D173}-\\u{1D17A}\\u{E0000}-\\u{E00FF}\\u{E01F0}-\\u{E0FFF}';
const HIDDEN = `[\\p{Cc}${FORMAT}]`;

// Joiners belong into words of some scripts and into emoji.
const JOINED = `[^\\p{ASCII}\\p{White_Space}\\p{Cc}\\u200C\\u200D${FORMAT}]`;
const STRAY_JOINER = `(?<!${JOINED})[\\u200C\\u200D]|[\\u200C\\u200D](?!${JOINED})`;

const ESCAPED = new RegExp(`${HIDDEN}|${STRAY_JOINER}`, 'gu');

const NAMES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  return NAMES[character] ?? `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** Returns a text as one line, in which characters that cannot be seen are written out. */
export function plainLine(text: string): string {
  return text.replaceAll(ESCAPED, escapeCharacter);
}

/** Returns the text of a notification, a prompt or a message below an input box: they have links. */
export function plainMessage(text: string): string {
  return text
    .replaceAll(ESCAPED, (character) => (character === '\n' ? character : escapeCharacter(character)))
    .replaceAll('](', '] (');
}

/** Returns a label, a description or a detail: they have icons. */
export function plainLabel(text: string): string {
  return plainLine(text).replaceAll('$(', '\\$(');
}

/** Returns the text of a status item, which has links and icons. */
export function plainStatus(text: string): string {
  return plainLabel(plainMessage(text));
}
