// Signs of images: what each of them means, and the legend.

import * as vscode from 'vscode';
import type { Images } from '../images';
import type { ImageState } from '../protocol';
import { pluralize } from './words';

/** Icon of an image in the tree. */
export interface Sign {
  icon: string;
  color?: string;
  meaning: string;
  /** Returns whether an image has it, if it has none of those before. */
  applies: (state: ImageState) => boolean;
}

const HEALTHY: Sign = {
  icon: 'pass-filled',
  color: 'testing.iconPassed',
  meaning: 'published and reached by a test row, nothing found',
  applies: () => true,
};

/** All signs, the most urgent first: an image has the first one that applies. */
const SIGNS: Sign[] = [
  {
    icon: 'error',
    color: 'problemsErrorIcon.foreground',
    meaning: 'has errors',
    applies: ({ worst }) => worst === 'error',
  },
  {
    icon: 'warning',
    color: 'problemsWarningIcon.foreground',
    meaning: 'has warnings',
    applies: ({ worst }) => worst === 'warning',
  },
  {
    icon: 'archive',
    meaning: 'declared as retired in .image-scripts.toml',
    applies: ({ declared }) => declared === 'retired',
  },
  {
    icon: 'circle-outline',
    meaning: 'not published',
    applies: ({ published }) => published === false,
  },
  {
    icon: 'history',
    color: 'list.deemphasizedForeground',
    meaning: 'past the end of its release’s support',
    applies: ({ support }) => support?.over === true,
  },
  {
    icon: 'question',
    meaning: 'reading does not tell whether it is published',
    applies: ({ published }) => published === null,
  },
  {
    icon: 'pass',
    color: 'testing.iconPassed',
    meaning: 'published, reached by no test row, nothing found',
    applies: ({ rows }) => rows.length === 0,
  },
  HEALTHY,
];

export function signOf(state: ImageState): Sign {
  return SIGNS.find(({ applies }) => applies(state)) ?? HEALTHY;
}

export function themeIcon({ icon, color }: Pick<Sign, 'icon' | 'color'>): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
}

/** Shows what the signs mean, and how many images have each. */
export async function showLegend(images: Images): Promise<void> {
  const signs = images.all().map(({ state }) => signOf(state));
  const items = SIGNS.map((sign) => ({
    label: `$(${sign.icon}) ${sign.meaning}`,
    description: pluralize(signs.filter((other) => other === sign).length, 'image'),
  }));
  await vscode.window.showQuickPick(items, { title: 'The signs of images' });
}
