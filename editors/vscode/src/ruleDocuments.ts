// Documentation of rules, to which the codes of findings lead: read-only documents of the server.

import * as vscode from 'vscode';
import { RULE_SCHEME, RuleDocumentationRequest } from './protocol';
import type { Server } from './server';

export function registerRuleDocuments(server: Server): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(RULE_SCHEME, {
    async provideTextDocumentContent({ path }): Promise<string> {
      const code = path.replace(/^\/|\.md$/g, '');
      const text = await server.sendRequest(RuleDocumentationRequest, { code });
      return text ?? `There is no rule \`${code}\`: the server may be of another version.\n`;
    },
  });
}
