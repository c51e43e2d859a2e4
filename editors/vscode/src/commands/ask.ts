// Asks for a text and says while it is typed what would come of it.

import * as vscode from 'vscode';

/** What is said of a text: as an error it cannot be taken. */
export interface Said {
  message: string;
  isError: boolean;
}

export interface Question {
  title: string;
  prompt: string;
  placeholder?: string;
  value: string;
  /** Says something of a text; undefined where there is nothing to say. */
  judge: (text: string) => Promise<Said | undefined>;
}

/** The text; undefined if the user does not want to. A text that was proposed is judged too. */
export function ask(question: Question): Promise<string | undefined> {
  const box = vscode.window.createInputBox();
  box.title = question.title;
  box.prompt = question.prompt;
  box.placeholder = question.placeholder;
  box.value = question.value;
  box.valueSelection = [0, question.value.length];
  box.ignoreFocusOut = true;
  let asked = 0;
  const judge = async (): Promise<Said | undefined> => {
    const number = ++asked;
    const { value } = box;
    box.busy = true;
    const said = value === '' ? undefined : await question.judge(value);
    if (number === asked) {
      box.busy = false;
      box.validationMessage =
        said === undefined
          ? undefined
          : {
              message: said.message,
              severity: said.isError ? vscode.InputBoxValidationSeverity.Error : vscode.InputBoxValidationSeverity.Info,
            };
    }
    return said;
  };
  return new Promise((resolve) => {
    box.onDidChangeValue(() => void judge());
    box.onDidAccept(async () => {
      const { value } = box;
      if (value !== '' && !(await judge())?.isError && value === box.value) {
        resolve(value);
        box.hide();
      }
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
    void judge();
  });
}
