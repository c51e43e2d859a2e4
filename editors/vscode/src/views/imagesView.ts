// Tree view Images: distributions and their images, each with its findings, builder, includes and
// test rows.

import * as path from 'node:path';
import * as vscode from 'vscode';
import { type CheckoutImage, distributionOf, type Images } from '../images';
import { plainLabel, plainLine } from '../plainText';
import {
  type Checkout,
  type ImageState,
  type NamedFile,
  type Problem,
  type RowState,
  type Severity,
  toVscodeRange,
} from '../protocol';
import { findingsSummary, imageIcon, imageTooltip, registration } from './imageState';

/** Element of the tree. */
export type ImagesNode =
  | { kind: 'checkout'; checkout: Checkout }
  | { kind: 'distribution'; root: string; name: string; images: CheckoutImage[] }
  | { kind: 'image'; image: CheckoutImage }
  | { kind: 'builder' | 'include'; file: NamedFile; image: CheckoutImage }
  | { kind: 'row'; row: RowState; image: CheckoutImage }
  | { kind: 'problem'; problem: Problem; index: number; image: CheckoutImage };

export class ImagesView implements vscode.TreeDataProvider<ImagesNode>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly view: vscode.TreeView<ImagesNode>;
  private readonly disposables: vscode.Disposable[];

  readonly onDidChangeTreeData = this.emitter.event;

  constructor(private readonly images: Images) {
    this.view = vscode.window.createTreeView('imageScripts.images', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.disposables = [
      this.emitter,
      this.view,
      images.onDidChange(() => {
        this.updateBadge();
        this.emitter.fire();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private updateBadge(): void {
    const value = this.images.all().filter(({ state }) => hasErrorOrWarning(state)).length;
    const tooltip = `${value === 1 ? '1 image has' : `${value} images have`} errors or warnings`;
    this.view.badge = value === 0 ? undefined : { value, tooltip };
  }

  getChildren(node?: ImagesNode): ImagesNode[] {
    if (node === undefined) {
      const [only, ...others] = this.images.checkouts;
      if (only === undefined) {
        return [];
      }
      return others.length === 0
        ? distributions(only)
        : this.images.checkouts.map((checkout) => ({ kind: 'checkout', checkout }));
    }
    switch (node.kind) {
      case 'checkout':
        return distributions(node.checkout);
      case 'distribution':
        return node.images.map((image) => ({ kind: 'image', image }));
      case 'image':
        return this.childrenOfImage(node.image);
      default:
        return [];
    }
  }

  private childrenOfImage(image: CheckoutImage): ImagesNode[] {
    const { state, root } = image;
    const checkout = this.images.checkouts.find((checkout) => checkout.root === root);
    const find = (files: NamedFile[] | undefined, name: string): NamedFile =>
      files?.find((file) => file.name === name) ?? { name, uri: null };
    const builders = state.builder === null || state.builder === '' ? [] : [state.builder];
    return [
      ...state.problems.map((problem, index): ImagesNode => ({ kind: 'problem', problem, index, image })),
      ...builders.map((name): ImagesNode => ({ kind: 'builder', file: find(checkout?.builders, name), image })),
      ...state.includes.map((name): ImagesNode => ({ kind: 'include', file: find(checkout?.includes, name), image })),
      ...(checkout?.rows ?? [])
        .filter((row) => state.rows.includes(row.key))
        .map((row): ImagesNode => ({ kind: 'row', row, image })),
    ];
  }

  getTreeItem(node: ImagesNode): vscode.TreeItem {
    switch (node.kind) {
      case 'checkout':
        return checkoutItem(node.checkout);
      case 'distribution':
        return distributionItem(node.root, node.name, node.images);
      case 'image':
        return imageItem(node.image);
      case 'builder':
      case 'include':
        return fileItem(node.kind, node.file, node.image);
      case 'row':
        return rowItem(node.row, node.image);
      case 'problem':
        return problemItem(node.problem, node.index, node.image);
    }
  }
}

function hasErrorOrWarning(state: ImageState): boolean {
  return state.worst === 'error' || state.worst === 'warning';
}

function distributions(checkout: Checkout): ImagesNode[] {
  const byName = new Map<string, CheckoutImage[]>();
  for (const state of checkout.images) {
    const name = distributionOf(state);
    byName.set(name, [...(byName.get(name) ?? []), { root: checkout.root, state }]);
  }
  return [...byName]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, images]) => ({
      kind: 'distribution',
      root: checkout.root,
      name,
      images: images.sort((a, b) => a.state.image.localeCompare(b.state.image, undefined, { numeric: true })),
    }));
}

/** Creates an item with an id, by which it stays expanded when the tree changes. */
function createItem(label: string, id: string, collapsible: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const item = new vscode.TreeItem(plainLabel(label), collapsible);
  item.id = id;
  return item;
}

function checkoutItem(checkout: Checkout): vscode.TreeItem {
  const item = createItem(path.basename(checkout.root), checkout.root, vscode.TreeItemCollapsibleState.Expanded);
  item.description = plainLabel(path.dirname(checkout.root));
  item.iconPath = new vscode.ThemeIcon('repo');
  item.contextValue = 'checkout';
  return item;
}

function distributionItem(root: string, name: string, images: CheckoutImage[]): vscode.TreeItem {
  const item = createItem(name, `${root}|${name}`, vscode.TreeItemCollapsibleState.Collapsed);
  const count = images.filter(({ state }) => hasErrorOrWarning(state)).length;
  item.description = count === 0 ? `${images.length}` : `${images.length}, ${count} with findings`;
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = 'distribution';
  return item;
}

function imageItem({ root, state }: CheckoutImage): vscode.TreeItem {
  const item = createItem(state.image, `${root}|image|${state.image}`, vscode.TreeItemCollapsibleState.Collapsed);
  item.iconPath = imageIcon(state);
  item.description = plainLabel(state.tags.join(' '));
  item.tooltip = imageTooltip(state);
  item.contextValue = state.test === null ? 'image' : 'image.tested';
  item.accessibilityInformation = {
    label: plainLine([state.image, registration(state), findingsSummary(state)].join(', ')),
  };
  if (state.uri !== null) {
    item.command = openCommand(vscode.Uri.parse(state.uri));
  }
  return item;
}

function childItem(image: CheckoutImage, kind: string, label: string, key = label): vscode.TreeItem {
  const id = `${image.root}|${image.state.image}|${kind}|${key}`;
  const item = createItem(label, id, vscode.TreeItemCollapsibleState.None);
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
  error: ['error', 'list.errorForeground'],
  warning: ['warning', 'list.warningForeground'],
  information: ['info', 'notificationsInfoIcon.foreground'],
  hint: ['lightbulb', 'foreground'],
};

function problemItem(problem: Problem, index: number, image: CheckoutImage): vscode.TreeItem {
  const item = childItem(image, 'problem', problem.message, `${index}`);
  const [id, color] = SEVERITY_ICONS[problem.severity];
  item.iconPath = new vscode.ThemeIcon(id, new vscode.ThemeColor(color));
  item.tooltip = `${plainLine(problem.message)}\n\n${problem.code}`;
  setCommand(item, problem);
  return item;
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
