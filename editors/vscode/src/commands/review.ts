// Shows a change before it is made, file by file, and makes it as a whole or not at all.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Change } from '../protocol';
import type { Server } from '../server';

const SCHEME = 'image-scripts-review';

/** What is being shown: texts by their URIs. */
const texts = new Map<string, string>();

export function registerReview(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
  });
}

/** A command of the server, with what it is asked for. */
export interface Proposal {
  command: string;
  root: string;
  arguments: object;
  /** What is done, as a title. */
  title: string;
  /** The word on the button that does it. */
  verb: string;
}

/** Shows what would come of a command, and has it carried out if the user wants that. */
export async function review(server: Server, proposal: Proposal): Promise<Change | undefined> {
  const { command, root, title, verb } = proposal;
  const asked = { ...proposal.arguments, root };
  const change = await server.execute(command, { ...asked, dryRun: true, texts: true });
  const shown = await show(root, title, change);
  const answer = await vscode.window.showInformationMessage(question(title, change), verb, 'Cancel');
  await close(title);
  shown.forEach((uri) => texts.delete(uri));
  if (answer !== verb) {
    return undefined;
  }
  const made = await server.execute(command, asked);
  if (!made.applied) {
    throw new Error(`${title}: ${made.reason ?? 'it was not done'}`);
  }
  await save(root, [...(made.created ?? []), ...(made.edited ?? [])]);
  return made;
}

/**
 * Saves what was changed, as VS Code does after a refactoring, which this is: links are on the disk
 * already, and what is half saved is half a change.
 */
async function save(root: string, files: string[]): Promise<void> {
  if (vscode.workspace.getConfiguration('files').get<boolean>('refactoring.autoSave', true)) {
    const changed = new Set(files.map((file) => path.join(root, file)));
    const documents = vscode.workspace.textDocuments;
    await Promise.all(documents.filter(({ uri }) => changed.has(uri.fsPath)).map((document) => document.save()));
  }
}

/** Opens the files beside what they would be. Gives the texts that are kept for that. */
async function show(root: string, title: string, change: Change): Promise<string[]> {
  const kept: string[] = [];
  const side = (file: string, which: 'before' | 'after', text: string | null): vscode.Uri | undefined => {
    if (text === null) {
      return undefined;
    }
    const uri = vscode.Uri.file(path.join(root, file)).with({ scheme: SCHEME, query: which });
    texts.set(uri.toString(), text);
    kept.push(uri.toString());
    return uri;
  };
  const resources = (change.texts ?? []).map(({ path: file, before, after }) => [
    vscode.Uri.file(path.join(root, file)),
    side(file, 'before', before),
    side(file, 'after', after),
  ]);
  if (resources.length > 0) {
    await vscode.commands.executeCommand('vscode.changes', title, resources);
  }
  return kept;
}

/** What is to be done, with what the files' texts do not show. */
function question(title: string, change: Change): string {
  const parts = [
    ...(change.symlinks ?? []).map(([link, target]) => `makes the link ${link} -> ${target}`),
    ...(change.renamed ?? []).map(([from, to]) => `renames ${from} to ${to}`),
    ...(change.deleted ?? []).map((file) => `deletes ${file}`),
  ];
  return parts.length === 0 ? `${title}?` : `${title}? It also ${parts.join(', ')}.`;
}

async function close(title: string): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  await vscode.window.tabGroups.close(tabs.filter((tab) => tab.label === title || tab.label.startsWith(`${title} (`)));
}
