// Documents of a review: the texts before and after a change, and a summary of what no text shows.

import * as path from 'node:path';
import * as vscode from 'vscode';
import { plainLine } from '../plainText';
import type { ChangeReport } from '../protocol';
import { formatFileRange } from './pickFileRange';
import { restoreCommand } from './undo';

/** Scheme of the documents. */
export const REVIEW_SCHEME = 'image-scripts-review';

/** Number of characters in a line of the summary. */
const LINE_LENGTH = 44;

/** Text of a document, with links to files in it. */
interface Content {
  text: string;
  links: vscode.DocumentLink[];
}

/** Documents under review, by URI. */
const contents = new Map<string, Content>();

/** Number of reviews so far. URIs contain it: VS Code caches texts. */
let reviews = 0;

/** File of a change: where it is, and its text before and after. */
export type ReviewedFile = [file: vscode.Uri, before: vscode.Uri | undefined, after: vscode.Uri | undefined];

export interface ReviewDocuments extends vscode.Disposable {
  files: ReviewedFile[];
}

export function registerReviewDocuments(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.registerTextDocumentContentProvider(REVIEW_SCHEME, {
      provideTextDocumentContent: (uri) => contents.get(uri.toString())?.text ?? '',
    }),
    vscode.languages.registerDocumentLinkProvider(
      { scheme: REVIEW_SCHEME },
      { provideDocumentLinks: ({ uri }) => contents.get(uri.toString())?.links ?? [] },
    ),
  );
}

/** Creates the documents of a change, which are there until they are disposed of. */
export function createReviewDocuments(root: string, report: ChangeReport): ReviewDocuments {
  const review = ++reviews;
  const created: string[] = [];
  const create = (file: string, side: string, content: Content): vscode.Uri => {
    const uri = vscode.Uri.file(path.join(root, file)).with({ scheme: REVIEW_SCHEME, query: `${side}-${review}` });
    contents.set(uri.toString(), content);
    created.push(uri.toString());
    return uri;
  };
  const createSide = (file: string, side: string, text: string | null): vscode.Uri | undefined =>
    text === null ? undefined : create(file, side, { text, links: [] });
  const files = (report.texts ?? []).map(
    ({ path: file, before, after }): ReviewedFile => [
      vscode.Uri.file(path.join(root, file)),
      createSide(file, 'before', before),
      createSide(file, 'after', after),
    ],
  );
  const summary = summarize(root, report);
  if (summary !== undefined || files.length === 0) {
    const uri = create('Summary', 'after', summary ?? { text: `${plainLine(report.title)}\n`, links: [] });
    files.unshift([uri, undefined, uri]);
  }
  return {
    files,
    dispose: () => {
      for (const uri of created) {
        contents.delete(uri);
      }
    },
  };
}

/** Returns what the texts of a change do not show; undefined if that is nothing. */
function summarize(root: string, report: ChangeReport): Content | undefined {
  const lines: string[] = [];
  const links: vscode.DocumentLink[] = [];
  const effects = [
    ...report.symlinks.map(([link, target]) => `creates the link ${link} -> ${target}`),
    ...report.renamed.map(([from, to]) => `renames ${from} to ${to}`),
    ...report.deleted.map((file) => `deletes ${file}`),
  ];
  if (effects.length > 0) {
    lines.push('The change also', ...effects.map((effect) => `  ${plainLine(effect)}`));
  }
  if (report.deleted.length > 0) {
    lines.push(
      ...wrap('Undo in the editor does not bring back deleted files; if they are committed, this does:'),
      `  ${plainLine(restoreCommand(report))}`,
    );
  }
  if (report.notes.length > 0) {
    lines.push('Notes');
  }
  for (const { path: file, range, message } of report.notes) {
    if (file === null) {
      lines.push(...wrap(message).map((line) => `  ${line}`));
      continue;
    }
    const place = plainLine(formatFileRange({ path: file, range }));
    const target = vscode.Uri.file(path.join(root, file));
    const fragment = range === null ? '' : `L${range.start.line + 1}`;
    const linkRange = new vscode.Range(lines.length, 2, lines.length, 2 + place.length);
    links.push(new vscode.DocumentLink(linkRange, target.with({ fragment })));
    lines.push(`  ${place}:`, ...wrap(message).map((line) => `    ${line}`));
  }
  return lines.length === 0 ? undefined : { text: `${lines.join('\n')}\n`, links };
}

/** Breaks a text into lines that are whole in half a window: a diff shows two texts beside each other. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of plainLine(text).split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < LINE_LENGTH) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
