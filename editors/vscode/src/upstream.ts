// Ask Upstream: the program compares images with what their vendors have, as a process of its own, because the
// server uses no network. What it finds is shown at its places until the document is edited.

import * as vscode from 'vscode';
import { DOCUMENT_SELECTOR } from './documentSelector';
import type { Images } from './images';
import { showInformation } from './notifications';
import { plainLabel, plainLine } from './plainText';
import { SERVER_COMMANDS, type Severity, toVscodeRange } from './protocol';
import type { Server } from './server';
import { reasonOf, runProgram } from './testing/process';
import { pluralize } from './views/words';

/** Source of the diagnostics. */
const SOURCE = 'image-scripts upstream';

/** Bytes that the program may print. */
const MAX_OUTPUT = 64 << 20;

type ProtocolRange = Parameters<typeof toVscodeRange>[0];

/** What `verify --format json` prints, as far as it is shown. */
interface UpstreamReport {
  root: string;
  findings: UpstreamFinding[];
  images: { image: string; state: string; unknown: string[] }[];
}

interface UpstreamFinding {
  code: string;
  severity: Severity;
  path: string;
  range: ProtocolRange;
  message: string;
  image: string | null;
  fixes: { title: string; edits: UpstreamEdit[] }[];
}

/** Edit of a fix: one of a text, or something with files. */
type UpstreamEdit = { path: string; range: ProtocolRange; new_text: string } | { path?: undefined };

/** Finding in a document. */
interface ShownFinding {
  root: string;
  uri: string;
  finding: UpstreamFinding;
}

const SEVERITIES: Record<Severity, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
  hint: vscode.DiagnosticSeverity.Hint,
};

export class AskUpstream implements vscode.Disposable, vscode.CodeActionProvider, vscode.CodeLensProvider {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection('imageScriptsUpstream');
  private readonly lenses = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  readonly onDidChangeCodeLenses = this.lenses.event;
  private shown: ShownFinding[] = [];

  constructor(
    private readonly server: Server,
    private readonly images: Images,
  ) {
    this.disposables = [
      this.diagnostics,
      this.lenses,
      vscode.languages.registerCodeLensProvider(DOCUMENT_SELECTOR, this),
      vscode.languages.registerCodeActionsProvider(DOCUMENT_SELECTOR, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) {
          this.keep(({ uri }) => uri !== document.uri.toString());
        }
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Asks about an image, or about all images of a checkout. */
  async ask(root: string, image: string | undefined): Promise<void> {
    const title = `Asking upstream about ${image ?? 'all images'}`;
    const location = vscode.ProgressLocation.Notification;
    const report = await vscode.window.withProgress({ location, title, cancellable: true }, (progress, token) =>
      this.run(root, image, progress, token),
    );
    if (report !== undefined) {
      this.show(root, image, report);
    }
  }

  /** Runs the program; returns nothing if the user has cancelled it. */
  private async run(
    root: string,
    image: string | undefined,
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    token: vscode.CancellationToken,
  ): Promise<UpstreamReport | undefined> {
    const { program, log } = this.server;
    if (program === undefined) {
      throw new Error('The server is not running');
    }
    const settings = vscode.workspace.getConfiguration('imageScripts');
    const isPrivate = settings.get<boolean>('server.allowPrivate', false) ? ['--allow-private'] : [];
    const which = image === undefined ? ['--all'] : [image];
    let printed = '';
    let said = '';
    const read = (text: string, isError: boolean): void => {
      if (!isError) {
        printed += printed.length < MAX_OUTPUT ? text : '';
        return;
      }
      said = `${said}${text}`.slice(-4096);
      const [, done, all, name] = /.*: (\d+)\/(\d+) (\S+)\s*$/s.exec(said) ?? [];
      if (name !== undefined) {
        progress.report({ message: plainLine(`${done}/${all} ${name}`), increment: 100 / Number(all) });
      }
    };
    const options = ['--format', 'json', '--progress', ...isPrivate, '-C', root];
    const exit = await runProgram([program.path, 'verify', ...options, ...which], root, read, token);
    if (token.isCancellationRequested) {
      return undefined;
    }
    if ('reason' in exit || exit.status > 1) {
      log.error(said);
      throw new Error('reason' in exit ? `image-scripts-ls ${exit.reason}` : reasonOf(said));
    }
    return JSON.parse(printed) as UpstreamReport;
  }

  private show(root: string, image: string | undefined, { findings, images }: UpstreamReport): void {
    const { log } = this.server;
    this.keep((shown) => shown.root !== root || (image !== undefined && shown.finding.image !== image));
    // The program has read what is on the disk.
    const unsaved = new Set(
      vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty).map(({ uri }) => uri.toString()),
    );
    const found = findings.map((finding) => ({ root, uri: this.images.file(root, finding.path).toString(), finding }));
    const fitting = found.filter(({ uri }) => !unsaved.has(uri));
    this.shown.push(...fitting);
    this.updateDiagnostics();
    const counts = new Map<string, number>();
    for (const { image: name, state, unknown } of images) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
      log.info(plainLine([`upstream: ${name}: ${state}`, ...unknown].join('; ')));
    }
    const inWords = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
    const only = images.length === 1 ? images[0] : undefined;
    const sentence = only === undefined ? `Upstream: ${inWords}.` : `${only.image}: ${only.state}.`;
    const hidden = found.length - fitting.length;
    const rest = hidden === 0 ? '' : ` Save your files and ask again: ${pluralize(hidden, 'finding')} cannot be shown.`;
    void this.tell(`${sentence}${rest}`, only?.unknown[0]);
  }

  /** Tells what came of it. The log has a line for each image. */
  private async tell(sentence: string, reason: string | undefined): Promise<void> {
    const [problems, log] = ['Show Problems', 'Show Log'];
    const buttons = this.shown.length > 0 ? [problems, log] : [log];
    const text = reason === undefined ? sentence : `${sentence} ${reason}`;
    const chosen = await showInformation(text, ...buttons);
    if (chosen === problems) {
      await vscode.commands.executeCommand('workbench.actions.view.problems');
    } else if (chosen === log) {
      this.server.log.show();
    }
  }

  private keep(isKept: (finding: ShownFinding) => boolean): void {
    const left = this.shown.filter(isKept);
    if (left.length !== this.shown.length) {
      this.shown = left;
      this.updateDiagnostics();
    }
  }

  private updateDiagnostics(): void {
    const byDocument = new Map<string, vscode.Diagnostic[]>();
    for (const { uri, finding } of this.shown) {
      const range = toVscodeRange(finding.range);
      const diagnostic = new vscode.Diagnostic(range, plainLine(finding.message), SEVERITIES[finding.severity]);
      diagnostic.source = SOURCE;
      diagnostic.code = finding.code;
      byDocument.set(uri, [...(byDocument.get(uri) ?? []), diagnostic]);
    }
    this.diagnostics.clear();
    for (const [uri, diagnostics] of byDocument) {
      this.diagnostics.set(vscode.Uri.parse(uri), diagnostics);
    }
    this.lenses.fire();
  }

  /** Says above a value that there is a newer one. */
  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const uri = document.uri.toString();
    const newer = this.shown.filter(({ uri: own, finding }) => own === uri && finding.code.startsWith('newer-'));
    return newer.flatMap(({ finding }) =>
      finding.fixes.slice(0, 1).map(({ title }) => {
        const command = { command: 'imageScripts.applyUpstreamFix', arguments: [uri, title] };
        const lens = { ...command, title: plainLabel(title), tooltip: plainLine(finding.message) };
        return new vscode.CodeLens(toVscodeRange(finding.range), lens);
      }),
    );
  }

  /** Applies the fix of a finding in a document. */
  async applyFix(uri: string, title: string): Promise<void> {
    const here = this.shown.filter((shown) => shown.uri === uri);
    const action = here.flatMap((shown) => this.actionsOf(shown)).find((action) => action.title === plainLine(title));
    if (action?.edit === undefined || !(await vscode.workspace.applyEdit(action.edit))) {
      throw new Error(`${title}: this cannot be done any more: the files have changed`);
    }
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const uri = document.uri.toString();
    const isHere = ({ finding, uri: own }: ShownFinding): boolean =>
      own === uri && toVscodeRange(finding.range).intersection(range) !== undefined;
    const actions = this.shown.filter(isHere).flatMap((shown) => this.actionsOf(shown));
    // Several findings may have one fix.
    return actions.filter(({ title }, index) => actions.findIndex((other) => other.title === title) === index);
  }

  private actionsOf({ root, finding }: ShownFinding): vscode.CodeAction[] {
    return finding.fixes.map(({ title, edits }, index) => {
      const action = new vscode.CodeAction(plainLine(title), vscode.CodeActionKind.QuickFix);
      action.isPreferred = index === 0;
      const edit = new vscode.WorkspaceEdit();
      for (const one of edits) {
        if (one.path === undefined) {
          // What is more than text is the server's to change.
          const argument = { root, name: finding.image };
          action.command = { command: SERVER_COMMANDS.retireImage, title, arguments: [argument] };
          return action;
        }
        edit.replace(this.images.file(root, one.path), toVscodeRange(one.range), one.new_text);
      }
      action.edit = edit;
      return action;
    });
  }
}
