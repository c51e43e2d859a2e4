// How the state of an image is shown: as an icon, and in words.

import * as vscode from 'vscode';
import type { ImageState } from '../protocol';

export function icon(state: ImageState): vscode.ThemeIcon {
  const colored = (glyph: string, color: string): vscode.ThemeIcon =>
    new vscode.ThemeIcon(glyph, new vscode.ThemeColor(color));
  if (state.worst === 'error') {
    return colored('error', 'list.errorForeground');
  }
  if (state.worst === 'warning') {
    return colored('warning', 'list.warningForeground');
  }
  if (state.declared === 'retired') {
    return new vscode.ThemeIcon('archive');
  }
  if (state.published === false) {
    return new vscode.ThemeIcon('circle-outline');
  }
  if (state.published === null) {
    return new vscode.ThemeIcon('question');
  }
  return colored(state.rows.length > 0 ? 'pass-filled' : 'pass', 'testing.iconPassed');
}

/** Whether and how it is published, in a few words. */
export function publication(state: ImageState): string {
  if (state.declared === 'retired') {
    return 'retired';
  }
  switch (state.published) {
    case true:
      return state.tags.length === 0 ? 'published' : `published, ${state.tags.join(', ')}`;
    case false:
      return state.declared === 'unpublished' ? 'not yet published' : 'not published';
    case null:
      return 'whether it is published cannot be told';
  }
}

/** How many findings there are about it, and how bad. */
export function findings(state: ImageState): string {
  const number = count(state.findings, 'finding');
  return state.worst === null ? number : `${number}, at worst ${state.worst}`;
}

export function count(number: number, what: string): string {
  return number === 1 ? `1 ${what}` : `${number} ${what}s`;
}

/** What comes from the checkout is text and nothing else. */
export function describe(state: ImageState): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const line = (words: string, code: string[] = [], more = ''): void => {
    text.appendMarkdown('- ');
    text.appendText(words);
    text.appendMarkdown(code.map(codeSpan).join(', '));
    text.appendText(more);
    text.appendMarkdown('\n');
  };
  const parts = [state.distribution, state.release, state.variant, state.arch, state.vendor];
  text.appendMarkdown(`**${codeSpan(state.image)}** `);
  text.appendText(parts.map((part) => part ?? '?').join(' '));
  text.appendMarkdown('\n\n');
  line(publication(state));
  if (state.rows.length === 0) {
    line('reached by no test row');
  } else {
    line('tested by ', state.rows, state.groups.length === 0 ? '' : ` in ${state.groups.join(', ')}`);
  }
  if (state.directory !== state.image) {
    line('a link to the directory ', [state.directory]);
  }
  if (state.builder) {
    line('built in ', [state.builder]);
  }
  if (state.includes.length > 0) {
    line('reads ', state.includes);
  }
  for (const { severity, message } of state.problems) {
    line(`${severity}: ${message}`);
  }
  return text;
}

/** Code between more backquotes than it has itself. */
function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${longest > 0 ? ` ${text} ` : text}${fence}`.replaceAll('\n', ' ');
}
