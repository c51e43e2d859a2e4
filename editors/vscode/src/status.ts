// State of the server, as a language status item.

import * as vscode from 'vscode';
import { DOCUMENT_SELECTOR } from './documentSelector';
import type { Images } from './images';
import { plainStatus } from './plainText';
import type { Server } from './server';
import { findingsInWords, pluralize } from './views/words';

export class Status implements vscode.Disposable {
  private readonly disposables: vscode.Disposable[];
  private readonly item: vscode.LanguageStatusItem;

  constructor(
    private readonly server: Server,
    private readonly images: Images,
  ) {
    this.item = vscode.languages.createLanguageStatusItem('imageScripts.status', DOCUMENT_SELECTOR);
    this.item.name = 'Image Scripts';
    this.disposables = [
      this.item,
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
        item.severity = vscode.LanguageStatusSeverity.Information;
        item.command = { command: 'imageScripts.showOverview', title: 'Show Overview' };
        if (this.images.checkouts.length === 0) {
          // Nothing was read: no word of zero findings.
          item.text = 'No checkout here';
          item.command = undefined;
          break;
        }
        item.text = summary(this.images);
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
  }
}

/** Returns what was found in which number of images, and how much is to be verified. */
function summary(images: Images): string {
  const values = images.valuesToVerify().length;
  const findings = `${findingsInWords(images.counts())} in ${pluralize(images.all().length, 'image')}`;
  return values === 0 ? findings : `${findings}; ${values} to verify`;
}
