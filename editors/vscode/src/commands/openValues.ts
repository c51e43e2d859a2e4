// Values that only upstream can confirm, from the list in the view Images: one is right, or is looked at
// in a browser.

import * as vscode from 'vscode';
import type { Images } from '../images';
import { showInformation } from '../notifications';
import { ConfirmValueRequest, type OpenValue } from '../protocol';
import type { Server } from '../server';
import type { ImagesNode } from '../views/imagesView';
import { saveDocuments } from './save';

/** Records a value of the list as right. */
export async function confirmValue(server: Server, images: Images, node: ImagesNode | undefined): Promise<void> {
  if (node?.kind === 'value') {
    await recordRight(server, images, node.image.root, node.value);
  }
}

/** Records a value as right. */
export async function recordRight(
  server: Server,
  images: Images,
  root: string,
  { name, image, exact }: OpenValue,
): Promise<void> {
  const edit = await server.sendRequest(ConfirmValueRequest, { root, image, name, exact });
  const converted = edit && (await server.converter?.asWorkspaceEdit(edit));
  if (!converted) {
    await images.refresh();
    await showInformation(`${name} of ${image} is not open any more.`);
    return;
  }
  if (!(await vscode.workspace.applyEdit(converted, { isRefactoring: true }))) {
    throw new Error(`${name} of ${image} could not be recorded: try again`);
  }
  // Saved before anything else is asked: who looks at the disk sees each value.
  await saveDocuments(converted.entries().map(([uri]) => uri));
}

/** Opens the address of a value in a browser. */
export async function browseValue(node: ImagesNode | undefined): Promise<void> {
  if (node?.kind === 'value' && node.value.address !== null) {
    await vscode.commands.executeCommand('imageScripts.openAddress', { address: node.value.address });
  }
}
