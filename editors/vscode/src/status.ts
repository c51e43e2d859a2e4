// State of the server, as a language status item; and the state of every image, as a page.

import * as vscode from 'vscode';
import { DOCUMENT_SELECTOR } from './documentSelector';
import type { Images } from './images';
import { plainLine, plainStatus } from './plainText';
import type { ImageState } from './protocol';
import type { Server } from './server';
import { pluralize, registration } from './views/imageState';

const SCHEME = 'image-scripts';
const PAGE = vscode.Uri.parse(`${SCHEME}:Image Scripts Status`);

export class Status implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<vscode.Uri>();
  private readonly disposables: vscode.Disposable[];
  private readonly item: vscode.LanguageStatusItem;

  readonly onDidChange = this.emitter.event;

  constructor(
    private readonly server: Server,
    private readonly images: Images,
  ) {
    this.item = vscode.languages.createLanguageStatusItem('imageScripts.status', DOCUMENT_SELECTOR);
    this.item.name = 'Image Scripts';
    this.disposables = [
      this.emitter,
      this.item,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      server.onDidChangeState(() => this.update()),
      images.onDidChange(() => this.update()),
    ];
    this.update();
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private update(): void {
    const { item, server } = this;
    item.busy = server.state === 'starting';
    item.detail = plainStatus(server.program?.version ?? '');
    switch (server.state) {
      case 'running': {
        const images = this.images.all();
        const findings = images.reduce((sum, { state }) => sum + state.findings, 0);
        item.severity = vscode.LanguageStatusSeverity.Information;
        item.text = `${pluralize(images.length, 'image')}, ${pluralize(findings, 'finding')}`;
        item.command = { command: 'imageScripts.showStatus', title: 'Show Status' };
        break;
      }
      case 'starting':
        item.severity = vscode.LanguageStatusSeverity.Information;
        item.text = 'Image Scripts: starting...';
        item.command = { command: 'imageScripts.showLog', title: 'Show Log' };
        break;
      case 'stopped':
      case 'failed':
        item.severity = vscode.LanguageStatusSeverity.Error;
        item.text = 'Image Scripts: not running';
        item.detail = plainStatus(server.reason);
        item.command = { command: 'imageScripts.restartServer', title: 'Restart' };
        break;
    }
    this.emitter.fire(PAGE);
  }

  async show(): Promise<void> {
    const document = await vscode.workspace.openTextDocument(PAGE);
    await vscode.window.showTextDocument(document, { preview: true });
  }

  provideTextDocumentContent(): string {
    const lines = [this.server.program ? `${this.server.program.version}, ${this.server.program.path}` : 'not started'];
    for (const checkout of this.images.checkouts) {
      lines.push('', plainLine(checkout.root), '', ...table(checkout.images));
    }
    return `${lines.join('\n')}\n`;
  }
}

function table(images: ImageState[]): string[] {
  const rows = [
    ['IMAGE', 'BUILDER', 'RELEASE', 'STATE', 'TESTED BY', 'GROUPS', 'FINDINGS'],
    ...images.map((state) => [
      state.image,
      state.builder ?? '?',
      state.release ?? '?',
      registration(state),
      state.rows.join(' ') || '-',
      state.groups.join(' ') || '-',
      state.findings === 0 ? '-' : `${state.findings}`,
    ]),
    // A value may be anything that somebody is typing.
  ].map((row) => row.map(plainLine));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
