// List of the releases that come next, one of each track, and free text last.

import * as vscode from 'vscode';
import { plainLabel } from '../plainText';
import type { TrackState } from '../protocol';

/** Choice: a release, or a text to begin another name with. */
type Picked = { name: string } | { text: string };

interface ReleaseItem extends vscode.QuickPickItem {
  name?: string;
}

/** Has the user pick the next release of a track; those of the tracks that come first are first. */
export function pickNextRelease(
  title: string,
  tracks: TrackState[],
  isFirst: (track: TrackState) => boolean,
): Promise<Picked | undefined> {
  const sorted = [...tracks.filter(isFirst), ...tracks.filter((track) => !isFirst(track))];
  const items = sorted.flatMap(({ next, images }): ReleaseItem[] =>
    next === null
      ? []
      : [{ label: plainLabel(next), description: plainLabel(`after ${images.at(-1) ?? '?'}`), name: next }],
  );
  const box = vscode.window.createQuickPick<ReleaseItem>();
  box.title = plainLabel(title);
  box.placeholder = 'Which release? Type another name if it is not there';
  // Whatever is typed, it is there: Enter goes on with the text.
  box.items = [...items, { label: 'Another name...', alwaysShow: true }];
  return new Promise((resolve) => {
    box.onDidAccept(() => {
      const [item] = box.selectedItems;
      resolve(item?.name === undefined ? { text: box.value } : { name: item.name });
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}
