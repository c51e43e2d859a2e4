// Input box that shows what would come of a text while it is typed.

import * as vscode from 'vscode';
import { plainLabel, plainStatus } from '../plainText';
import { withoutForce, yieldsToForce } from './force';

export interface InputBoxOptions {
  title: string;
  prompt: string;
  placeholder?: string;
  value: string;
  /** Returns the message for a text, which is not accepted if that is an error. */
  validateInput: (text: string) => Promise<vscode.InputBoxValidationMessage | undefined>;
}

export function validationError(message: string): vscode.InputBoxValidationMessage {
  return { message: plainStatus(message), severity: vscode.InputBoxValidationSeverity.Error };
}

/** Returns the message for a text that the server refuses. One that may be meant is accepted. */
export function refusal(error: Error): vscode.InputBoxValidationMessage {
  return yieldsToForce(error)
    ? { message: plainStatus(withoutForce(error.message)), severity: vscode.InputBoxValidationSeverity.Warning }
    : validationError(error.message);
}

export function validationInfo(message: string): vscode.InputBoxValidationMessage {
  return { message: plainStatus(message), severity: vscode.InputBoxValidationSeverity.Info };
}

/**
 * Shows an input box and returns its text, or undefined if the user cancels it.
 *
 * Unlike `vscode.window.showInputBox`, it validates the initial value, and accepts a text only once
 * the message for it is known.
 */
export function showInputBox(options: InputBoxOptions): Promise<string | undefined> {
  const box = vscode.window.createInputBox();
  box.title = plainLabel(options.title);
  box.prompt = plainStatus(options.prompt);
  box.placeholder = options.placeholder;
  box.value = options.value;
  box.valueSelection = [0, options.value.length];
  box.ignoreFocusOut = true;
  let lastValidation = 0;
  const validate = async (): Promise<vscode.InputBoxValidationMessage | undefined> => {
    const validation = ++lastValidation;
    const { value } = box;
    box.busy = true;
    const message = value === '' ? undefined : await options.validateInput(value);
    if (validation === lastValidation) {
      box.busy = false;
      box.validationMessage = message;
    }
    return message;
  };
  const isValid = async (): Promise<boolean> =>
    (await validate())?.severity !== vscode.InputBoxValidationSeverity.Error;
  return new Promise((resolve) => {
    box.onDidChangeValue(() => void validate());
    box.onDidAccept(async () => {
      const { value } = box;
      if (value !== '' && (await isValid()) && value === box.value) {
        resolve(value);
        box.hide();
      }
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
    void validate();
  });
}
