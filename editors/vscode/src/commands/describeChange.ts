// Describe Change: a commit message for what is staged, or else for what has changed, in the box of the
// Source Control view.

import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { gitRepository } from '../git';
import type { Images } from '../images';
import { ask, showInformation } from '../notifications';
import type { Server } from '../server';
import { reasonOf } from '../testing/process';
import { pickCheckout } from './pickCheckout';

/** Milliseconds that the program may take to read the repository. */
const DESCRIBE_TIMEOUT = 60_000;

/** Bytes that it may print. */
const MAX_OUTPUT = 16 << 20;

/** What `describe --format json` prints. */
interface DescribeReport {
  subject: string;
  message: string;
  warnings: string[];
}

export async function describeChange(server: Server, images: Images): Promise<void> {
  const root = await pickCheckout(images, 'Describe the change of which checkout?');
  const { program } = server;
  if (root === undefined || program === undefined) {
    return;
  }
  const repository = gitRepository(images.file(root, ''));
  if (repository === undefined) {
    throw new Error('The Source Control view has no repository of the checkout: open it there first');
  }
  const staged = repository.state.indexChanges.length > 0 ? ['--staged'] : [];
  const { message, warnings } = await describe(program.path, [...staged, '-C', root]);
  const box = repository.inputBox;
  if (box.value.trim() !== '' && box.value.trim() !== message.trim()) {
    const replace = 'Replace';
    if ((await ask('Replace the message in the Source Control view?', box.value, replace)) !== replace) {
      return;
    }
  }
  box.value = message.trimEnd();
  await vscode.commands.executeCommand('workbench.view.scm');
  if (warnings.length > 0) {
    void showInformation(warnings.join('; '));
  }
}

function describe(program: string, arguments_: string[]): Promise<DescribeReport> {
  const options = { timeout: DESCRIBE_TIMEOUT, maxBuffer: MAX_OUTPUT };
  return new Promise((resolve, reject) => {
    execFile(program, ['describe', '--format', 'json', ...arguments_], options, (error, stdout, stderr) => {
      if (error) {
        reject(new Error(reasonOf(stderr) || error.message));
      } else {
        resolve(JSON.parse(stdout) as DescribeReport);
      }
    });
  });
}
