// Refusals of changes that are unusual: the argument `force` makes them all the same, as the option
// `--force` does on the command line.

import { ResponseError } from 'vscode-languageclient/node';

/** Returns whether the server refuses a change that it makes with `force`. */
export function yieldsToForce(error: unknown): boolean {
  return error instanceof ResponseError && (error.data as { force?: boolean } | undefined)?.force === true;
}

/** Returns the message of such a refusal without its end, which names the option: a button is there for it. */
export function withoutForce(message: string): string {
  return message.replace(/(?:,? or |: )pass `--force`.*$/s, '');
}
