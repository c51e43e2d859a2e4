// Presentation of an image's state: icon, words and tooltip.

import * as vscode from 'vscode';
import { plainLine } from '../plainText';
import type { ImageState } from '../protocol';

export function imageIcon(state: ImageState): vscode.ThemeIcon {
  const colored = (id: string, color: string): vscode.ThemeIcon =>
    new vscode.ThemeIcon(id, new vscode.ThemeColor(color));
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

/** Returns the findings of an image in words, as in `2 findings, at worst warning`. */
export function findingsSummary(state: ImageState): string {
  const findings = pluralize(state.findings, 'finding');
  return state.worst === null ? findings : `${findings}, at worst ${state.worst}`;
}

export function pluralize(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
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
  appendLine(registration(state));
  if (state.rows.length === 0) {
    appendLine('reached by no test row');
  } else {
    appendLine('tested by ', state.rows, state.groups.length === 0 ? '' : ` in ${state.groups.join(', ')}`);
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
