// Items of the tree view Images: how each element is shown.

import * as path from 'node:path';
import * as vscode from 'vscode';
import type { CheckoutImage } from '../images';
import type { Leftover } from '../leftovers';
import { plainLabel, plainLine } from '../plainText';
import {
  type Checkout,
  type ImageState,
  type NamedFile,
  type OpenValue,
  type Problem,
  type RowState,
  type Severity,
  toVscodeRange,
} from '../protocol';
import { imageTooltip, registration } from './imageState';
import type { DistributionNode, ImagesNode } from './imagesTree';
import { signOf, themeIcon } from './signs';
import { countFindings, findingsInWords, pluralize } from './words';

/** Number of characters of a value that are shown. */
const MAX_VALUE = 60;

/** Returns the item of an element; `label` is that of a checkout. */
export function treeItem(node: ImagesNode, label: (root: string) => string): vscode.TreeItem {
  switch (node.kind) {
    case 'checkout':
      return checkoutItem(node.checkout, label(node.checkout.root));
    case 'leftovers':
      return leftoversItem(node.root, node.leftovers);
    case 'leftover':
      return leftoverItem(node.leftover, node.uri);
    case 'distribution':
      return distributionItem(node);
    case 'image':
      return imageItem(node.image, node.values);
    case 'builder':
    case 'include':
      return fileItem(node.kind, node.file, node.image);
    case 'row':
      return rowItem(node.row, node.image);
    case 'problem':
      return problemItem(node.problem, node.index, node.image);
    case 'values':
      return valuesItem(node.values, node.image);
    case 'value':
      return valueItem(node.value, node.image);
  }
}

/** Creates an item with an id, by which it stays expanded when the tree changes. */
function createItem(label: string, id: string, collapsible: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = new vscode.TreeItem(plainLabel(label), collapsible);
  item.id = id;
  return item;
}

function checkoutItem({ root }: Checkout, label: string): vscode.TreeItem {
  const item = createItem(label, root, vscode.TreeItemCollapsibleState.Expanded);
  item.description = plainLabel(path.dirname(root));
  item.iconPath = new vscode.ThemeIcon('repo');
  item.contextValue = 'checkout';
  return item;
}

function leftoversItem(root: string, leftovers: Leftover[]): vscode.TreeItem {
  const label = `Left over (${leftovers.length})`;
  const item = createItem(label, `${root}|leftovers`, vscode.TreeItemCollapsibleState.Expanded);
  item.iconPath = new vscode.ThemeIcon('checklist');
  setTooltip(item, label, 'What images that were retired have left to do');
  item.contextValue = 'leftovers';
  return item;
}

function leftoverItem({ root, path, range, message, change }: Leftover, uri: string): vscode.TreeItem {
  const id = `${root}|leftover|${path}|${message}`;
  const item = createItem(message, id, vscode.TreeItemCollapsibleState.None);
  item.description = plainLabel(change);
  setTooltip(item, message, path, change);
  item.iconPath = themeIcon({ icon: 'info', color: 'problemsInfoIcon.foreground' });
  item.contextValue = 'leftover';
  item.command = openCommand(vscode.Uri.parse(uri), range === null ? undefined : toVscodeRange(range));
  return item;
}

/** Returns the words that are not empty, with commas. */
function list(...words: string[]): string {
  return words.filter((word) => word !== '').join(', ');
}

function toVerify(count: number): string {
  return count === 0 ? '' : `${count} to verify`;
}

export function distributionId({ root, name }: Pick<DistributionNode, 'root' | 'name'>): string {
  return `${root}|${name}`;
}

function distributionItem(node: DistributionNode): vscode.TreeItem {
  const item = createItem(node.name, distributionId(node), vscode.TreeItemCollapsibleState.Collapsed);
  const { images } = node;
  const { error, warning } = countFindings(images.flatMap(({ state }) => state.problems));
  const findings = error + warning === 0 ? '' : findingsInWords({ error, warning, information: 0, hint: 0 });
  item.description = list(`${images.length}`, findings, toVerify(node.toVerify));
  item.accessibilityInformation = {
    label: plainLine(list(node.name, pluralize(images.length, 'image'), findings, toVerify(node.toVerify))),
  };
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = 'distribution';
  return item;
}

function imageItem({ root, state }: CheckoutImage, values: OpenValue[]): vscode.TreeItem {
  const item = createItem(state.image, `${root}|image|${state.image}`, vscode.TreeItemCollapsibleState.Collapsed);
  const sign = signOf(state);
  item.iconPath = themeIcon(sign);
  item.description = plainLabel(list(state.tags.join(' '), tested(state), toVerify(values.length)));
  item.tooltip = imageTooltip(state);
  const kinds = ['image', ...(state.test === null ? [] : ['tested']), ...(values.length === 0 ? [] : ['open'])];
  item.contextValue = kinds.join('.');
  item.accessibilityInformation = { label: plainLine(imageLabel(state, sign.meaning, values)) };
  if (state.uri !== null) {
    item.command = openCommand(vscode.Uri.parse(state.uri));
  }
  return item;
}

/** Returns in short how the last test of an image ended, if that is known. */
function tested({ tested }: ImageState): string {
  return tested === null || tested.passed === null ? '' : `test ${tested.state}`;
}

/** Returns what a screen reader says of an image. */
function imageLabel(state: ImageState, meaning: string, values: OpenValue[]): string {
  const findings = findingsInWords(countFindings(state.problems));
  return list(state.image, meaning, registration(state), findings, tested(state), toVerify(values.length));
}

function childItem(
  image: CheckoutImage,
  kind: string,
  label: string,
  key = label,
  collapsible = vscode.TreeItemCollapsibleState.None,
): vscode.TreeItem {
  const item = createItem(label, `${image.root}|${image.state.image}|${kind}|${key}`, collapsible);
  item.contextValue = kind;
  return item;
}

function fileItem(kind: 'builder' | 'include', file: NamedFile, image: CheckoutImage): vscode.TreeItem {
  const item = childItem(image, kind, file.name);
  item.description = kind;
  item.iconPath = new vscode.ThemeIcon(kind === 'builder' ? 'tools' : 'library');
  if (file.uri === null) {
    item.tooltip = 'This file does not exist';
  } else {
    item.command = openCommand(vscode.Uri.parse(file.uri));
  }
  return item;
}

function rowItem(row: RowState, image: CheckoutImage): vscode.TreeItem {
  const item = childItem(image, 'row', row.key);
  item.description = plainLabel(`test row ${row.distribution} ${row.version}`);
  item.iconPath = new vscode.ThemeIcon('beaker');
  setCommand(item, row);
  return item;
}

const SEVERITY_ICONS: Record<Severity, [id: string, color: string]> = {
  error: ['error', 'problemsErrorIcon.foreground'],
  warning: ['warning', 'problemsWarningIcon.foreground'],
  information: ['info', 'problemsInfoIcon.foreground'],
  hint: ['lightbulb', 'foreground'],
};

function problemItem(problem: Problem, index: number, image: CheckoutImage): vscode.TreeItem {
  const item = childItem(image, 'problem', problem.message, `${index}`);
  const [icon, color] = SEVERITY_ICONS[problem.severity];
  item.iconPath = themeIcon({ icon, color });
  item.tooltip = `${plainLine(problem.message)}\n\n${problem.code}`;
  setCommand(item, problem);
  return item;
}

function valuesItem(values: OpenValue[], image: CheckoutImage): vscode.TreeItem {
  const label = `To verify (${values.length})`;
  const item = childItem(image, 'values', label, '', vscode.TreeItemCollapsibleState.Expanded);
  item.iconPath = new vscode.ThemeIcon('checklist');
  setTooltip(item, label, 'Values that only upstream can confirm, and that nobody has confirmed');
  return item;
}

function valueItem(value: OpenValue, image: CheckoutImage): vscode.TreeItem {
  const { name, exact, packages, resolved, text, address, ranges, why } = value;
  const shown = shorten((resolved ?? text).replace(/^"(.*)"$/s, '$1'));
  const label = `${name}: ${shown}`;
  const item = childItem(image, 'value', label, `${name}|${exact}`);
  item.description = plainLabel(packages.join(', '));
  item.iconPath = themeIcon({ icon: 'info', color: 'problemsInfoIcon.foreground' });
  item.contextValue = address === null ? 'value' : 'value.address';
  const lines = ranges.length === 1 ? '' : `In ${ranges.length} lines`;
  setTooltip(item, label, why, packages.join(', '), lines, address ?? '');
  const [first] = ranges;
  if (first !== undefined) {
    setCommand(item, first);
  }
  return item;
}

/** Sets what is shown at the mouse, and said by a screen reader, which would leave the label out. */
function setTooltip(item: vscode.TreeItem, ...paragraphs: string[]): void {
  const lines = paragraphs.filter((line) => line !== '').map(plainLine);
  item.tooltip = lines.join('\n\n');
  item.accessibilityInformation = { label: lines.join(', ') };
}

/** Returns a value in one line, cut at its end. */
function shorten(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MAX_VALUE ? line : `${line.slice(0, MAX_VALUE - 1)}…`;
}

function setCommand(item: vscode.TreeItem, { uri, range }: Pick<Problem, 'uri' | 'range'>): void {
  if (uri !== null && range !== null) {
    item.command = openCommand(vscode.Uri.parse(uri), toVscodeRange(range));
  }
}

function openCommand(uri: vscode.Uri, selection?: vscode.Range): vscode.Command {
  const options: vscode.TextDocumentShowOptions = selection === undefined ? {} : { selection };
  return { title: 'Open', command: 'vscode.open', arguments: [uri, options] };
}
