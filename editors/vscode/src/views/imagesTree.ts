// Elements of the tree view Images: checkouts, distributions, images, and what an image consists of.

import { type CheckoutImage, compareNaturally, distributionOf, type Images } from '../images';
import type { Leftover } from '../leftovers';
import type { Checkout, NamedFile, OpenValue, Problem, RowState } from '../protocol';

export interface DistributionNode {
  kind: 'distribution';
  root: string;
  name: string;
  images: CheckoutImage[];
  /** Number of values that are to be verified in its images. */
  toVerify: number;
}

/** Element of the tree. */
export type ImagesNode =
  | { kind: 'checkout'; checkout: Checkout }
  | { kind: 'leftovers'; root: string; leftovers: Leftover[] }
  | { kind: 'leftover'; leftover: Leftover; uri: string }
  | DistributionNode
  | { kind: 'image'; image: CheckoutImage; values: OpenValue[] }
  | { kind: 'builder' | 'include'; file: NamedFile; image: CheckoutImage }
  | { kind: 'row'; row: RowState; image: CheckoutImage }
  | { kind: 'problem'; problem: Problem; index: number; image: CheckoutImage }
  | { kind: 'values'; values: OpenValue[]; image: CheckoutImage }
  | { kind: 'value'; value: OpenValue; image: CheckoutImage };

/** Returns the distributions of all checkouts, each in natural order. */
export function distributions(images: Images): DistributionNode[] {
  return images.checkouts.flatMap(({ root }) => {
    const byName = new Map<string, CheckoutImage[]>();
    for (const image of images.all(root)) {
      const name = distributionOf(image.state);
      byName.set(name, [...(byName.get(name) ?? []), image]);
    }
    return [...byName]
      .sort(([a], [b]) => compareNaturally(a, b))
      .map(([name, ofDistribution]): DistributionNode => {
        const counts = ofDistribution.map(({ state }) => images.valuesToVerify(root, state.image).length);
        const toVerify = counts.reduce((sum, count) => sum + count, 0);
        return { kind: 'distribution', root, name, images: ofDistribution, toVerify };
      });
  });
}

/** Returns the element of an image. */
export function imageNode(images: Images, image: CheckoutImage): ImagesNode {
  return { kind: 'image', image, values: images.valuesToVerify(image.root, image.state.image) };
}

/** Returns the element of the values that are to be verified in an image. */
export function valuesNode(images: Images, image: CheckoutImage): ImagesNode {
  return { kind: 'values', values: images.valuesToVerify(image.root, image.state.image), image };
}

/** Returns the elements below one, except for those of a checkout. */
export function childrenOf(images: Images, node: ImagesNode): ImagesNode[] {
  switch (node.kind) {
    case 'distribution':
      return node.images.map((image) => imageNode(images, image));
    case 'image':
      return childrenOfImage(images, node.image, node.values);
    case 'leftovers':
      return node.leftovers.map((leftover) => leftoverNode(images, leftover));
    case 'values':
      return node.values.map((value) => ({ kind: 'value', value, image: node.image }));
    default:
      return [];
  }
}

function leftoverNode(images: Images, leftover: Leftover): ImagesNode {
  return { kind: 'leftover', leftover, uri: images.file(leftover.root, leftover.path).toString() };
}

function childrenOfImage(images: Images, image: CheckoutImage, values: OpenValue[]): ImagesNode[] {
  const { state, root } = image;
  const checkout = images.checkouts.find((checkout) => checkout.root === root);
  const find = (files: NamedFile[] | undefined, name: string): NamedFile =>
    files?.find((file) => file.name === name) ?? { name, uri: null };
  const builders = state.builder === null || state.builder === '' ? [] : [state.builder];
  return [
    ...state.problems.map((problem, index): ImagesNode => ({ kind: 'problem', problem, index, image })),
    ...(values.length > 0 ? [valuesNode(images, image)] : []),
    ...builders.map((name): ImagesNode => ({ kind: 'builder', file: find(checkout?.builders, name), image })),
    ...state.includes.map((name): ImagesNode => ({ kind: 'include', file: find(checkout?.includes, name), image })),
    ...(checkout?.rows ?? [])
      .filter((row) => state.rows.includes(row.key))
      .map((row): ImagesNode => ({ kind: 'row', row, image })),
  ];
}
