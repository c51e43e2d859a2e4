// The view Images: distributions, their images and how these are, what they are made with and what
// is wrong with them.

import * as path from 'node:path';
import * as vscode from 'vscode';
import { distributionOf, type ImageOf, type Images } from '../images';
import { type Checkout, type Named, type Problem, type RowState, type Severity, toRange } from '../protocol';
import { describe, findings, icon, publication } from './state';

/** What stands in the view. */
export type Node =
  | { kind: 'checkout'; checkout: Checkout }
  | { kind: 'distribution'; root: string; name: string; images: ImageOf[] }
  | { kind: 'image'; image: ImageOf }
  | { kind: 'builder' | 'include'; named: Named; of: ImageOf }
  | { kind: 'row'; row: RowState; of: ImageOf }
  | { kind: 'problem'; problem: Problem; number: number; of: ImageOf };

export class ImagesView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  private readonly view: vscode.TreeView<Node>;
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
        this.badge();
        this.emitter.fire();
      }),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private badge(): void {
    const wrong = this.images.all().filter(({ state }) => state.worst === 'error' || state.worst === 'warning');
    this.view.badge =
      wrong.length === 0
        ? undefined
        : {
            value: wrong.length,
            tooltip: wrong.length === 1 ? '1 image needs work' : `${wrong.length} images need work`,
          };
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      const [only, ...more] = this.images.checkouts;
      if (only === undefined) {
        return [];
      }
      return more.length === 0
        ? distributions(only)
        : this.images.checkouts.map((checkout) => ({ kind: 'checkout', checkout }));
    }
    switch (node.kind) {
      case 'checkout':
        return distributions(node.checkout);
      case 'distribution':
        return node.images.map((image) => ({ kind: 'image', image }));
      case 'image':
        return this.parts(node.image);
      default:
        return [];
    }
  }

  /** What is wrong with an image, what it is made with, and what tests it. */
  private parts(image: ImageOf): Node[] {
    const { state, root } = image;
    const checkout = this.images.checkouts.find((checkout) => checkout.root === root);
    const named = (all: Named[] | undefined, name: string): Named =>
      all?.find((one) => one.name === name) ?? { name, uri: null };
    const builder: Node[] =
      state.builder === null || state.builder === ''
        ? []
        : [{ kind: 'builder', named: named(checkout?.builders, state.builder), of: image }];
    return [
      ...state.problems.map((problem, number): Node => ({ kind: 'problem', problem, number, of: image })),
      ...builder,
      ...state.includes.map(
        (include): Node => ({ kind: 'include', named: named(checkout?.includes, include), of: image }),
      ),
      ...(checkout?.rows ?? [])
        .filter((row) => state.rows.includes(row.key))
        .map((row): Node => ({ kind: 'row', row, of: image })),
    ];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.kind) {
      case 'checkout':
        return ofCheckout(node.checkout);
      case 'distribution':
        return ofDistribution(node.root, node.name, node.images);
      case 'image':
        return ofImage(node.image);
      case 'builder':
      case 'include':
        return ofNamed(node.kind, node.named, node.of);
      case 'row':
        return ofRow(node.row, node.of);
      case 'problem':
        return ofProblem(node.problem, node.number, node.of);
    }
  }
}

function distributions(checkout: Checkout): Node[] {
  const byName = new Map<string, ImageOf[]>();
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

/** An item that keeps whether it is open when the tree is made anew. */
function item(label: string, id: string, collapsible: vscode.TreeItemCollapsibleState): vscode.TreeItem {
  const made = new vscode.TreeItem(label, collapsible);
  made.id = id;
  return made;
}

function ofCheckout(checkout: Checkout): vscode.TreeItem {
  const made = item(path.basename(checkout.root), checkout.root, vscode.TreeItemCollapsibleState.Expanded);
  made.description = path.dirname(checkout.root);
  made.iconPath = new vscode.ThemeIcon('repo');
  made.contextValue = 'checkout';
  return made;
}

function ofDistribution(root: string, name: string, images: ImageOf[]): vscode.TreeItem {
  const made = item(name, `${root}|${name}`, vscode.TreeItemCollapsibleState.Collapsed);
  const wrong = images.filter(({ state }) => state.worst === 'error' || state.worst === 'warning').length;
  made.description = wrong === 0 ? `${images.length}` : `${images.length}, ${wrong} with findings`;
  made.iconPath = new vscode.ThemeIcon('package');
  made.contextValue = 'distribution';
  return made;
}

function ofImage({ root, state }: ImageOf): vscode.TreeItem {
  const made = item(state.image, `${root}|image|${state.image}`, vscode.TreeItemCollapsibleState.Collapsed);
  made.iconPath = icon(state);
  made.description = state.tags.join(' ');
  made.tooltip = describe(state);
  made.contextValue = state.test === null ? 'image' : 'image.tested';
  made.accessibilityInformation = { label: [state.image, publication(state), findings(state)].join(', ') };
  if (state.uri !== null) {
    made.command = open(vscode.Uri.parse(state.uri));
  }
  return made;
}

function idIn(of: ImageOf, kind: string, rest: string): string {
  return `${of.root}|${of.state.image}|${kind}|${rest}`;
}

const NONE = vscode.TreeItemCollapsibleState.None;

function ofNamed(kind: 'builder' | 'include', named: Named, of: ImageOf): vscode.TreeItem {
  const made = item(named.name, idIn(of, kind, named.name), NONE);
  made.description = kind;
  made.iconPath = new vscode.ThemeIcon(kind === 'builder' ? 'tools' : 'library');
  made.contextValue = kind;
  if (named.uri === null) {
    made.tooltip = 'It does not exist';
  } else {
    made.command = open(vscode.Uri.parse(named.uri));
  }
  return made;
}

function ofRow(row: RowState, of: ImageOf): vscode.TreeItem {
  const made = item(row.key, idIn(of, 'row', row.key), NONE);
  made.description = `test row ${row.distribution} ${row.version}`;
  made.iconPath = new vscode.ThemeIcon('beaker');
  made.contextValue = 'row';
  openAt(made, row.location);
  return made;
}

const SEVERITIES: Record<Severity, [string, string]> = {
  error: ['error', 'list.errorForeground'],
  warning: ['warning', 'list.warningForeground'],
  information: ['info', 'notificationsInfoIcon.foreground'],
  hint: ['lightbulb', 'foreground'],
};

function ofProblem(problem: Problem, number: number, of: ImageOf): vscode.TreeItem {
  const made = item(problem.message, idIn(of, 'problem', `${number}`), NONE);
  const [glyph, color] = SEVERITIES[problem.severity];
  made.iconPath = new vscode.ThemeIcon(glyph, new vscode.ThemeColor(color));
  made.tooltip = `${problem.message}\n\n${problem.code}`;
  made.contextValue = 'problem';
  openAt(made, problem.location);
  return made;
}

function openAt(made: vscode.TreeItem, location: Problem['location']): void {
  if (location !== null) {
    made.command = open(vscode.Uri.parse(location.uri), toRange(location.range));
  }
}

function open(uri: vscode.Uri, selection?: vscode.Range): vscode.Command {
  const options: vscode.TextDocumentShowOptions = selection === undefined ? {} : { selection };
  return { title: 'Open', command: 'vscode.open', arguments: [uri, options] };
}
