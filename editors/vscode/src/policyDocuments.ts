// What an image does to its container, and how it differs from another one: read-only documents of the
// server, each line with the place that says so.

import * as vscode from 'vscode';
import type { Images } from './images';
import { type PolicyLine, PolicyRequest, toVscodeRange } from './protocol';
import type { Server } from './server';

const POLICY_SCHEME = 'image-scripts-policy';

/** What a document is about. */
export interface PolicyQuery {
  root: string;
  image: string;
  other?: string;
}

/** Returns what a document is about; undefined for one that is no policy. */
export function policyQueryOf(uri: vscode.Uri): PolicyQuery | undefined {
  return uri.scheme === POLICY_SCHEME ? readQuery(uri) : undefined;
}

/** Shows a policy beside nothing else: the user reads it and goes on from its lines. */
export async function showPolicy({ root, image, other }: PolicyQuery): Promise<void> {
  const name = other === undefined ? image : `${image} and ${other}`;
  const query = JSON.stringify({ root, image, ...(other === undefined ? {} : { other }) });
  const uri = vscode.Uri.from({ scheme: POLICY_SCHEME, path: `/Policy of ${name}`, query });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}

export class PolicyDocuments
  implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, vscode.Disposable
{
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[];
  /** Lines of the documents that were read, by their URIs. */
  private readonly lines = new Map<string, PolicyLine[]>();

  readonly onDidChange = this.emitter.event;

  constructor(
    private readonly server: Server,
    images: Images,
  ) {
    const selector = { scheme: POLICY_SCHEME };
    this.disposables = [
      this.emitter,
      vscode.workspace.registerTextDocumentContentProvider(POLICY_SCHEME, this),
      vscode.languages.registerDocumentLinkProvider(selector, this),
      // Those that are open follow the checkout.
      images.onDidChange(() => {
        for (const { uri } of vscode.workspace.textDocuments) {
          if (uri.scheme === POLICY_SCHEME) {
            this.emitter.fire(uri);
          }
        }
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.lines.delete(uri.toString())),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const query = readQuery(uri);
    const result = await this.server.sendRequest(PolicyRequest, query);
    if (result === null) {
      const names = [query.image, ...(query.other === undefined ? [] : [query.other])];
      return `${names.join(' or ')}: there is no such image any more, or it has no build.sh\n`;
    }
    this.lines.set(uri.toString(), result.lines);
    return result.lines.map(({ text }) => `${text}\n`).join('');
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    const links: vscode.DocumentLink[] = [];
    for (const [index, { text, uri, range }] of this.linesOf(document).entries()) {
      // The place is the last word of the form `path:line`.
      const place = [...text.matchAll(/\S+:\d+/g)].at(-1);
      if (uri !== null && range !== null && place !== undefined) {
        const start = toVscodeRange(range).start;
        const target = vscode.Uri.parse(uri).with({ fragment: `L${start.line + 1},${start.character + 1}` });
        const at = new vscode.Range(index, place.index, index, place.index + place[0].length);
        links.push(new vscode.DocumentLink(at, target));
      }
    }
    return links;
  }

  private linesOf(document: vscode.TextDocument): PolicyLine[] {
    return this.lines.get(document.uri.toString()) ?? [];
  }
}

function readQuery(uri: vscode.Uri): PolicyQuery {
  return JSON.parse(uri.query) as PolicyQuery;
}
