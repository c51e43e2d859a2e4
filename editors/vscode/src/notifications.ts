// Notifications. All of them are shown here, so that none has a link that somebody else made.

import * as vscode from 'vscode';
import { plainMessage } from './plainText';

export function showInformation(text: string, ...buttons: string[]): Thenable<string | undefined> {
  return vscode.window.showInformationMessage(plainMessage(text), ...buttons);
}

export function showError(text: string, ...buttons: string[]): Thenable<string | undefined> {
  return vscode.window.showErrorMessage(plainMessage(text), ...buttons);
}

/** Asks a question that has to be answered before anything else. */
export function ask(question: string, detail: string, button: string): Thenable<string | undefined> {
  return vscode.window.showWarningMessage(plainMessage(question), { modal: true, detail }, button);
}
