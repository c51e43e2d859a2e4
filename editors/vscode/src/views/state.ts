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

export function describe(state: ImageState): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  const code = (words: string[]): string => words.map((word) => `\`${word}\``).join(', ');
  const of = [state.distribution, state.release].map((part) => part ?? '?').join(' ');
  const flavour = [state.variant, state.arch, state.vendor].filter((part) => part !== null).join(', ');
  text.appendMarkdown(`**${state.image}** — ${of} (${flavour})\n\n`);
  text.appendMarkdown(`- ${publication(state)}\n`);
  text.appendMarkdown(
    state.rows.length === 0
      ? '- reached by no test row\n'
      : `- tested by ${code(state.rows)}${state.groups.length > 0 ? ` in ${code(state.groups)}` : ''}\n`,
  );
  if (state.directory !== state.image) {
    text.appendMarkdown(`- a link to the directory \`${state.directory}\`\n`);
  }
  if (state.builder) {
    text.appendMarkdown(`- built in \`${state.builder}\`\n`);
  }
  if (state.includes.length > 0) {
    text.appendMarkdown(`- reads ${code(state.includes)}\n`);
  }
  for (const problem of state.problems) {
    text.appendMarkdown(`- $(${problem.severity === 'information' ? 'info' : problem.severity === 'hint' ? 'lightbulb' : problem.severity}) ${problem.message}\n`);
  }
  return text;
}
