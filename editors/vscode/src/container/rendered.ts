// What an image's build generates, as one document: the scripts of the container, then the files that are
// written below its root. Each part of its text leads to where it is written, and back.

import * as vscode from 'vscode';
import {
  type RenderedCondition,
  type RenderedSegment,
  type RenderReport,
  type SourceRange,
  toVscodeRange,
} from '../protocol';

/** Range in a file of the checkout. */
export interface Source {
  path: string;
  range: vscode.Range;
}

/** Part of the document. */
interface Part {
  range: vscode.Range;
  source: Source | undefined;
  /** The expansion or command by which it got here. */
  expansion: Source | undefined;
}

export class RenderedDocument {
  private lines: string[] = [''];
  private readonly parts: Part[] = [];

  constructor(image: string, report: RenderReport | null) {
    if (report === null) {
      this.addLine(`# There is no image ${image}, or it has no build.sh.`);
      return;
    }
    for (const { root, path, at, conditions, text, segments } of report.scripts) {
      this.addHead(`${root}: ${path ?? 'a command'}, by ${place(at)}${inWords(conditions)}`, at);
      this.addText(text, segments);
    }
    for (const { kind, path, at, conditions, text, segments } of report.files) {
      this.addHead(`${kind} ${path}, by ${place(at)}${inWords(conditions)}`, at);
      this.addText(text, segments);
    }
    for (const at of report.opaque) {
      this.addHead(`${place(at)} may do anything: what comes after it may be something else`, at);
    }
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Returns where the text at a position is written; of what an expansion has generated, its value. */
  sourceAt(position: vscode.Position): Source | undefined {
    const parts = this.parts.filter(({ range }) => range.contains(position));
    // Where two touch, the later one begins with the character at the position.
    const part = parts.findLast(({ source, expansion }) => source !== undefined || expansion !== undefined);
    if (part?.source === undefined) {
      return part?.expansion;
    }
    const { path, range } = part.source;
    const start = moved(position, part.range, range);
    return { path, range: new vscode.Range(start, start.isAfter(range.end) ? start : range.end) };
  }

  /** Returns where the text that is written at a position of a file is generated, if it is. */
  positionOf(path: string, position: vscode.Position): vscode.Position | undefined {
    const holds = (source: Source | undefined): source is Source =>
      source?.path === path && source.range.contains(position);
    const written = this.parts.filter(({ source }) => holds(source));
    const [smallest] = written.sort((a, b) => lineCount(a) - lineCount(b));
    if (smallest?.source !== undefined) {
      return moved(position, smallest.source.range, smallest.range);
    }
    return this.parts.find(({ expansion }) => holds(expansion))?.range.start;
  }

  /** Returns the ranges of what is written in a range of a file; the lines around, where that generates nothing. */
  rangesOf(path: string, range: vscode.Range): vscode.Range[] {
    const exact = this.copiesOf(path, range);
    if (exact.length > 0) {
      return exact;
    }
    const around = new vscode.Range(range.start.line, 0, range.end.line + 1, 0);
    const lines = new Set(this.copiesOf(path, around).map(({ start }) => start.line));
    return [...lines].map((line) => new vscode.Range(line, 0, line, this.lines[line]?.length ?? 0));
  }

  private copiesOf(path: string, range: vscode.Range): vscode.Range[] {
    return this.parts.flatMap((part) => {
      const common = part.source?.path === path ? part.source.range.intersection(range) : undefined;
      // Of a range that only touches the part, nothing is in it.
      if (part.source === undefined || common === undefined || common.isEmpty) {
        return [];
      }
      const from = part.source.range;
      return [new vscode.Range(moved(common.start, from, part.range), moved(common.end, from, part.range))];
    });
  }

  /** Returns the paths of all files that something is written in. */
  get paths(): Set<string> {
    return new Set(this.parts.flatMap(({ source }) => source?.path ?? []));
  }

  /** Adds a line that says what follows, and leads to the command that it comes from. */
  private addHead(text: string, at: SourceRange): void {
    this.endLine();
    const line = this.lines.length - 1;
    this.addLine(`# ⟦${text}⟧`);
    const range = new vscode.Range(line, 0, line, this.lines[line]?.length ?? 0);
    this.parts.push({ range, source: undefined, expansion: toSource(at) });
  }

  private addText(text: string, segments: RenderedSegment[]): void {
    const first = this.lines.length - 1;
    const [start, ...rest] = text.split('\n');
    this.lines[first] = start ?? '';
    this.lines.push(...rest);
    for (const { range, source, expansion } of segments) {
      const { start, end } = range;
      this.parts.push({
        range: new vscode.Range(start.line + first, start.character, end.line + first, end.character),
        source: toSource(source),
        expansion: toSource(expansion),
      });
    }
  }

  private addLine(text: string): void {
    this.lines[this.lines.length - 1] = text;
    this.lines.push('');
  }

  private endLine(): void {
    if (this.lines.at(-1) !== '') {
      this.lines.push('');
    }
  }
}

function toSource(at: SourceRange): Source;
function toSource(at: SourceRange | null): Source | undefined;
function toSource(at: SourceRange | null): Source | undefined {
  return at === null ? undefined : { path: at.path, range: toVscodeRange(at.range) };
}

function lineCount({ range }: Part): number {
  return range.end.line - range.start.line;
}

/** Returns the place in one range of what is at a position in the other; its start, unless one copies the other. */
function moved(position: vscode.Position, from: vscode.Range, to: vscode.Range): vscode.Position {
  if (!isCopy(from, to)) {
    return to.start;
  }
  const lines = position.line - from.start.line;
  const character = lines === 0 ? position.character - from.start.character + to.start.character : position.character;
  return new vscode.Position(to.start.line + lines, Math.max(0, character));
}

function isCopy(a: vscode.Range, b: vscode.Range): boolean {
  const lines = ({ start, end }: vscode.Range): number => end.line - start.line;
  const width = ({ start, end }: vscode.Range): number =>
    start.line === end.line ? end.character - start.character : end.character;
  return lines(a) === lines(b) && width(a) === width(b);
}

/** Returns a file and line, as compilers write them. */
function place({ path, range }: SourceRange): string {
  return `${path}:${range.start.line + 1}`;
}

function inWords(conditions: RenderedCondition[]): string {
  return conditions.map(({ text, holds }) => `, if ${holds ? '' : 'not '}${text}`).join('');
}
