// Shows a change before it is made, file by file, and makes it as a whole or not at all.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Images } from '../images';
import type { Change } from '../protocol';
import type { Server } from '../server';

const SCHEME = 'image-scripts-review';

/** What is being shown: texts by their URIs. */
const texts = new Map<string, string>();

/** Counts the reviews: VS Code keeps what it has shown, and two may be open at once. */
let reviews = 0;

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
export async function review(server: Server, images: Images, proposal: Proposal): Promise<Change | undefined> {
  const { command, root, title, verb } = proposal;
  const asked = { ...proposal.arguments, root };
  const look = (): Promise<Change> => server.execute(command, { ...asked, dryRun: true, texts: true });
  for (let change = await look(); ; ) {
    const where = images.checkouts.length > 1 ? ` in ${root}` : '';
    const answer = await show(root, title, change, () =>
      vscode.window.showInformationMessage(question(title + where, change), verb, 'Cancel'),
    );
    if (answer !== verb) {
      return undefined;
    }
    const now = await look();
    if (JSON.stringify(now) === JSON.stringify(change)) {
      break;
    }
    // What was shown is not what would be done any more.
    change = now;
  }
  const made = await server.execute(command, asked);
  if (!made.applied) {
    throw new Error(`${title}: ${made.reason ?? 'it was not done'}`);
  }
  await save(images, root, [...(made.created ?? []), ...(made.edited ?? [])]);
  if (made.failed !== undefined) {
    throw new Error(`${title}: ${made.failed}`);
  }
  return made;
}

/**
 * Saves what was changed, as VS Code does after a refactoring, which this is: links are on the disk
 * already, and what is half saved is half a change.
 */
async function save(images: Images, root: string, files: string[]): Promise<void> {
  if (!vscode.workspace.getConfiguration('files').get<boolean>('refactoring.autoSave', true)) {
    return;
  }
  const changed = new Set(files.map((file) => images.file(root, file).toString()));
  const documents = vscode.workspace.textDocuments.filter(({ uri }) => changed.has(uri.toString()));
  const saved = await Promise.all(documents.map((document) => document.save()));
  const left = documents.filter((_, number) => saved[number] === false).map(({ uri }) => uri.fsPath);
  if (left.length > 0) {
    throw new Error(`Not saved: ${left.join(', ')}: save it yourself`);
  }
}

/** Shows the files beside what they would be, as long as a question takes. */
async function show<Answer>(root: string, title: string, change: Change, ask: () => Thenable<Answer>): Promise<Answer> {
  const number = ++reviews;
  const kept: string[] = [];
  const side = (file: string, which: 'before' | 'after', text: string | null): vscode.Uri | undefined => {
    if (text === null) {
      return undefined;
    }
    const uri = vscode.Uri.file(path.join(root, file)).with({ scheme: SCHEME, query: `${which}-${number}` });
    texts.set(uri.toString(), text);
    kept.push(uri.toString());
    return uri;
  };
  const resources = (change.texts ?? []).map(({ path: file, before, after }) => [
    vscode.Uri.file(path.join(root, file)),
    side(file, 'before', before),
    side(file, 'after', after),
  ]);
  const before = new Set(tabs());
  try {
    if (resources.length > 0) {
      await vscode.commands.executeCommand('vscode.changes', title, resources);
    }
    return await ask();
  } finally {
    const ours = tabs().filter((tab) => !before.has(tab) && tab.label.startsWith(title));
    await vscode.window.tabGroups.close(ours);
    for (const uri of kept) {
      texts.delete(uri);
    }
  }
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs);
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
