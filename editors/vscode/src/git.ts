// The extension for git that comes with VS Code: it may be switched off, and a folder be in no repository.

import * as vscode from 'vscode';

/** Part of a repository that the extension for git has open. */
export interface GitRepository {
  inputBox: { value: string };
  state: { indexChanges: unknown[] };
}

/** Part of what the extension for git exports. */
interface GitExtension {
  enabled: boolean;
  getAPI(version: 1): { getRepository(uri: vscode.Uri): GitRepository | null };
}

/** Returns the repository of a folder, if the extension for git has it open. */
export function gitRepository(folder: vscode.Uri): GitRepository | undefined {
  const git = vscode.extensions.getExtension<GitExtension>('vscode.git');
  // It throws while it is disabled.
  if (git?.isActive !== true || !git.exports.enabled) {
    return undefined;
  }
  return git.exports.getAPI(1).getRepository(folder) ?? undefined;
}
