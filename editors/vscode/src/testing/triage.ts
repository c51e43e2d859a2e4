// Causes of failed tests, found by the server in their logs: where they stand, and what fixes them.
//
// A cause is shown until its document is edited. The edit of a fix is asked for when the fix is chosen:
// it is one of the text that is there then.

import * as vscode from 'vscode';
import { DOCUMENT_SELECTOR } from '../documentSelector';
import { plainLine } from '../plainText';
import {
  type TriagedCause,
  type TriagedLine,
  type TriagedOrigin,
  type TriagedTest,
  type TriageQuery,
  TriageRequest,
  type TriageResult,
  toVscodeRange,
} from '../protocol';
import type { Server } from '../server';

/** Source of the diagnostics. */
const SOURCE = 'image-scripts test';

/** Number of causes that are shown at most: logs may have many. */
const MAX_SHOWN = 100;

/** Cause at a place in a document. */
interface ShownCause {
  query: TriageQuery;
  test: TriagedTest;
  cause: TriagedCause;
  origin: TriagedOrigin;
}

/** Fix of a cause, as a command has it. */
interface FixReference {
  cause: string;
  title: string;
}

export class Triage implements vscode.Disposable, vscode.CodeActionProvider {
  private readonly diagnostics = vscode.languages.createDiagnosticCollection('imageScriptsTriage');
  private readonly disposables: vscode.Disposable[];
  private shown: ShownCause[] = [];

  constructor(private readonly server: Server) {
    this.disposables = [
      this.diagnostics,
      vscode.languages.registerCodeActionsProvider(DOCUMENT_SELECTOR, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) {
          this.remove(({ origin }) => origin.uri === document.uri.toString());
        }
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Looks for the causes in a log, and shows them in place of those of the same image. */
  async show(query: TriageQuery): Promise<TriageResult | null> {
    const result = await this.server.sendRequest(TriageRequest, query);
    for (const test of result?.tests ?? []) {
      this.forget(query.root, test.image);
      for (const cause of test.causes) {
        const [origin] = cause.origins;
        if (origin !== undefined && this.shown.length < MAX_SHOWN) {
          // The server has files by their names in the protocol, VS Code by its own.
          const uri = vscode.Uri.parse(origin.uri).toString();
          this.shown.push({ query, test, cause, origin: { ...origin, uri } });
        }
      }
    }
    this.updateDiagnostics();
    return result;
  }

  /** Shows nothing more of the tests of an image. */
  forget(root: string, image: string | null): void {
    this.remove(({ query, test }) => query.root === root && test.image === image);
  }

  private remove(isGone: (cause: ShownCause) => boolean): void {
    const left = this.shown.filter((cause) => !isGone(cause));
    if (left.length !== this.shown.length) {
      this.shown = left;
      this.updateDiagnostics();
    }
  }

  private updateDiagnostics(): void {
    const byDocument = new Map<string, vscode.Diagnostic[]>();
    for (const { test, cause, origin } of this.shown) {
      const text = plainLine(`${test.image ?? 'test'}: ${cause.message}: ${cause.advice}`);
      const diagnostic = new vscode.Diagnostic(toVscodeRange(origin.range), text);
      diagnostic.source = SOURCE;
      diagnostic.code = `triage/${cause.code}`;
      byDocument.set(origin.uri, [...(byDocument.get(origin.uri) ?? []), diagnostic]);
    }
    this.diagnostics.clear();
    for (const [uri, diagnostics] of byDocument) {
      this.diagnostics.set(vscode.Uri.parse(uri), diagnostics);
    }
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const uri = document.uri.toString();
    const here = this.shown.filter(
      ({ origin }) => origin.uri === uri && toVscodeRange(origin.range).intersection(range) !== undefined,
    );
    return here.flatMap(({ query, cause }) =>
      cause.fixes.map(({ title }, index) => {
        const action = new vscode.CodeAction(plainLine(title), vscode.CodeActionKind.QuickFix);
        const reference: FixReference = { cause: cause.code, title };
        action.command = { command: 'imageScripts.applyTriageFix', title, arguments: [query, reference] };
        action.isPreferred = index === 0;
        return action;
      }),
    );
  }

  /** Applies a fix to the texts that are there now. */
  async applyFix(query: TriageQuery, { cause, title }: FixReference): Promise<void> {
    const result = await this.server.sendRequest(TriageRequest, query);
    const causes = (result?.tests ?? []).flatMap(({ causes }) => causes);
    const fixes = causes.filter(({ code }) => code === cause).flatMap(({ fixes }) => fixes);
    const fix = fixes.find((candidate) => candidate.title === title);
    const edit = fix && (await this.server.converter?.asWorkspaceEdit(fix.edit));
    if (edit === undefined || !(await vscode.workspace.applyEdit(edit))) {
      throw new Error(`${title}: this cannot be done any more: the files have changed`);
    }
    this.remove(
      (shown) => shown.query.root === query.root && shown.query.image === query.image && shown.cause.code === cause,
    );
  }
}

/** Returns the message of a cause: what it is and what to do, and the lines of the log. */
export function causeInWords({ message, meaning, advice, line, excerpt }: TriagedCause): string {
  return `${message}\n${meaning}\n${advice}\n\n${excerptInWords(excerpt, line)}`;
}

/** Returns lines of a log, one of them marked. */
export function excerptInWords(excerpt: TriagedLine[], marked?: number): string {
  const width = Math.max(0, ...excerpt.map(({ number }) => `${number}`.length));
  return excerpt
    .map(({ number, text }) => `${number === marked ? '>' : ' '} ${`${number}`.padStart(width)} | ${plainLine(text)}`)
    .join('\n');
}
