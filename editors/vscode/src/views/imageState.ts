// Presentation of an image's state: words and tooltip.

import * as vscode from 'vscode';
import { plainLine } from '../plainText';
import type { ImageState, Tested } from '../protocol';
import { signOf } from './signs';

/** Returns how an image is registered in the repository, as in `published, latest, stable`. */
export function registration(state: ImageState): string {
  if (state.declared === 'retired') {
    return 'retired';
  }
  switch (state.published) {
    case true:
      return state.tags.length === 0 ? 'published' : `published, ${state.tags.join(', ')}`;
    case false:
      return state.declared === 'unpublished' ? 'not yet published' : 'not published';
    case null:
      return 'unknown whether published';
  }
}

/** Number of paths that are named. */
const MAX_CHANGED = 3;

/** Returns what is known of the last run of an image's test. */
export function testedInWords({ state, passed, ended, changed, why }: Tested): string {
  const outcome = `${passed === true ? 'passed' : 'failed'}${ended === null ? '' : ` on ${ended}`}`;
  switch (state) {
    case 'passed':
    case 'failed':
      return `${outcome}, with what the image reads now`;
    case 'older': {
      const more = changed.length > MAX_CHANGED ? ` and ${changed.length - MAX_CHANGED} more` : '';
      return `${outcome}, before changes of ${changed.slice(0, MAX_CHANGED).join(', ')}${more}`;
    }
    case 'never':
      return 'never';
    case 'unknown':
      return why === null ? 'unknown' : `unknown: ${why}`;
  }
}

/** Returns the tooltip of an image. Text of the checkout never becomes Markdown. */
export function imageTooltip(state: ImageState): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  tooltip.isTrusted = false;
  tooltip.supportHtml = false;
  const appendLine = (text: string, code: string[] = [], suffix = ''): void => {
    tooltip.appendMarkdown('- ');
    tooltip.appendText(plainLine(text));
    tooltip.appendMarkdown(code.map(codeSpan).join(', '));
    tooltip.appendText(plainLine(suffix));
    tooltip.appendMarkdown('\n');
  };
  const identity = [state.distribution, state.release, state.variant, state.arch, state.vendor];
  tooltip.appendMarkdown(`**${codeSpan(state.image)}** `);
  tooltip.appendText(plainLine(identity.map((value) => value ?? '?').join(' ')));
  tooltip.appendMarkdown('\n\n');
  appendLine(`sign: ${signOf(state).meaning}`);
  appendLine(registration(state));
  if (state.support !== null) {
    const { end, over, certain } = state.support;
    appendLine(`support ${over ? 'ended' : 'ends'} on ${end}${certain ? '' : ', probably'}`);
  }
  if (state.rows.length === 0) {
    appendLine('reached by no test row');
  } else {
    appendLine('tested by ', state.rows, state.groups.length === 0 ? '' : ` in ${state.groups.join(', ')}`);
  }
  if (state.tested !== null) {
    appendLine('last test: ', [], testedInWords(state.tested));
  }
  if (state.directory !== state.image) {
    appendLine('a link to the directory ', [state.directory]);
  }
  if (state.builder) {
    appendLine('built in ', [state.builder]);
  }
  if (state.includes.length > 0) {
    appendLine('sources ', state.includes);
  }
  for (const { severity, message } of state.problems) {
    appendLine(`${severity}: ${message}`);
  }
  return tooltip;
}

/** Returns a code span, fenced by more backquotes than the text has in a row. */
function codeSpan(value: string): string {
  // Two backquotes with nothing between them would begin a span that another one ends.
  const text = plainLine(value) || ' ';
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([backquotes]) => backquotes.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${longest > 0 ? ` ${text} ` : text}${fence}`;
}
