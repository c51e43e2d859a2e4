// Documentation of rules, to which the codes of findings lead: read-only documents of the server.

import * as vscode from 'vscode';
import { RULE_SCHEME, RuleDocumentationRequest } from './protocol';
import type { Server } from './server';

/** Shows the documentation of a rule as it is meant to be read. */
export async function showRule(code: string): Promise<void> {
  const uri = vscode.Uri.from({ scheme: RULE_SCHEME, path: `/${code}.md` });
  await vscode.commands.executeCommand('markdown.showPreview', uri);
}

export function registerRuleDocuments(server: Server): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(RULE_SCHEME, {
    async provideTextDocumentContent({ path }): Promise<string> {
      const code = path.replace(/^\/|\.md$/g, '');
      const text = await server.sendRequest(RuleDocumentationRequest, { code });
      return text ?? `There is no rule \`${code}\`: the server may be of another version.\n`;
    },
  });
}
