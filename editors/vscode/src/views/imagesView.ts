// Tree view Images: distributions and their images, each with its findings, what is to be verified in
// it, its builder, includes and test rows. `imagesTree` has its elements, `imagesItems` their items.

import * as vscode from 'vscode';
import type { Images } from '../images';
import type { Leftovers } from '../leftovers';
import { distributionId, treeItem } from './imagesItems';
import { childrenOf, type DistributionNode, distributions, type ImagesNode, imageNode, valuesNode } from './imagesTree';
import { findingsInWords, pluralize } from './words';

export type { ImagesNode };

export class ImagesView implements vscode.TreeDataProvider<ImagesNode>, vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<ImagesNode[] | undefined>();
  private readonly view: vscode.TreeView<ImagesNode>;
  private readonly disposables: vscode.Disposable[];
  /** Distributions of all checkouts. They stay the same as long as none comes or goes. */
  private distributions: DistributionNode[] = [];
  /** What is shown of each of them. */
  private signatures: string[] = [];
  private labels = '';

  readonly onDidChangeTreeData = this.emitter.event;

  constructor(
    private readonly images: Images,
    private readonly leftovers: Leftovers,
  ) {
    this.view = vscode.window.createTreeView('imageScripts.images', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.disposables = [
      this.emitter,
      this.view,
      images.onDidChange(() => this.update()),
      leftovers.onDidChange(() => this.emitter.fire(undefined)),
    ];
  }

  dispose(): void {
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Shows the values of an image that are to be verified. */
  async revealValues(root: string, name: string): Promise<void> {
    const image = this.images.find(root, name);
    if (image !== undefined) {
      await this.view.reveal(valuesNode(this.images, image), { focus: true, expand: true });
    }
  }

  private update(): void {
    this.updateBadge();
    const labels = this.images.checkouts.map(({ root }) => this.images.label(root)).join('\n');
    const [before, now] = [this.distributions, distributions(this.images)];
    const signatures = now.map((node) => this.signature(node));
    const isChanged = (index: number): boolean => signatures[index] !== this.signatures[index];
    if (labels !== this.labels || before.map(distributionId).join('\n') !== now.map(distributionId).join('\n')) {
      this.distributions = now;
      this.emitter.fire(undefined);
    } else {
      // Only what has changed is shown again: the rest stays where it is, under the mouse.
      const changed = before.filter((_, index) => isChanged(index));
      now.forEach((node, index) => {
        Object.assign(before[index] ?? {}, node);
      });
      if (changed.length > 0) {
        this.emitter.fire(changed);
      }
    }
    this.labels = labels;
    this.signatures = signatures;
  }

  /** Returns all that is shown of a distribution, to be compared. */
  private signature(node: DistributionNode): string {
    return JSON.stringify([node, childrenOf(this.images, node).map((image) => childrenOf(this.images, image))]);
  }

  private updateBadge(): void {
    const counts = this.images.counts();
    const value = counts.error + counts.warning;
    const tooltip = `${findingsInWords(counts)} in ${pluralize(this.images.all().length, 'image')}`;
    this.view.badge = value === 0 ? undefined : { value, tooltip };
  }

  getChildren(node?: ImagesNode): ImagesNode[] {
    if (node === undefined) {
      const [only, ...others] = this.images.checkouts;
      return only !== undefined && others.length === 0
        ? this.childrenOfCheckout(only.root)
        : this.images.checkouts.map((checkout) => ({ kind: 'checkout', checkout }));
    }
    return node.kind === 'checkout' ? this.childrenOfCheckout(node.checkout.root) : childrenOf(this.images, node);
  }

  private childrenOfCheckout(root: string): ImagesNode[] {
    const leftovers = this.leftovers.of(root);
    return [
      ...(leftovers.length > 0 ? [{ kind: 'leftovers' as const, root, leftovers }] : []),
      ...this.distributions.filter((distribution) => distribution.root === root),
    ];
  }

  getParent(node: ImagesNode): ImagesNode | undefined {
    switch (node.kind) {
      case 'checkout':
      // Nothing below these is ever revealed.
      case 'leftovers':
      case 'leftover':
        return undefined;
      case 'distribution': {
        const checkout = this.images.checkouts.find(({ root }) => root === node.root);
        return checkout !== undefined && this.images.checkouts.length > 1 ? { kind: 'checkout', checkout } : undefined;
      }
      case 'image': {
        const { root, state } = node.image;
        return this.distributions.find(
          (distribution) =>
            distribution.root === root && distribution.images.some(({ state: { image } }) => image === state.image),
        );
      }
      case 'value':
        return valuesNode(this.images, node.image);
      default:
        return imageNode(this.images, node.image);
    }
  }

  getTreeItem(node: ImagesNode): vscode.TreeItem {
    return treeItem(node, (root) => this.images.label(root));
  }
}
