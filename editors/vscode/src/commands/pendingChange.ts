// The change that waits: shown as a diff until the user applies or discards it, where they read it.
//
// At most one waits. Closing its diff discards it; nothing else that the user does or leaves undone
// ends the wait.

import * as vscode from 'vscode';
import { showInformation } from '../notifications';
import { plainLabel, plainLine } from '../plainText';
import { REVIEW_SCHEME, type ReviewedFile } from './reviewDocuments';

/** Milliseconds for which the status bar says that a change was discarded. */
const DISCARDED_TIME = 5_000;

interface Waiting {
  /** Title of the diff's tab begins with it. */
  title: string;
  files: ReviewedFile[];
  resolve: (apply: boolean) => void;
  /** True while its tab is being opened, or opened again. */
  opening: boolean;
  /** True once its tab was seen. */
  seen: boolean;
}

export class PendingChange implements vscode.Disposable {
  private waiting: Waiting | undefined;
  private readonly item: vscode.StatusBarItem;
  private readonly disposables: vscode.Disposable[];

  constructor() {
    this.item = vscode.window.createStatusBarItem('imageScripts.change', vscode.StatusBarAlignment.Left, 1000);
    this.item.name = 'Image Scripts: Waiting Change';
    this.item.command = 'imageScripts.showChange';
    this.item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    this.disposables = [
      this.item,
      vscode.window.tabGroups.onDidChangeTabs(() => this.onTabs()),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.onTabs()),
    ];
    void closeStaleTabs();
  }

  dispose(): void {
    this.end(false);
    vscode.Disposable.from(...this.disposables).dispose();
  }

  /** Shows a change, and returns whether the user applies it. Another one that waits is discarded. */
  ask(title: string, files: ReviewedFile[]): Promise<boolean> {
    const discarded = this.waiting?.title;
    this.end(false);
    if (discarded !== undefined) {
      void showInformation(`Discarded: ${discarded}. Only one change waits at a time.`);
    }
    return new Promise((resolve, reject) => {
      this.waiting = { title: plainLine(title), files, resolve: resolve, opening: false, seen: false };
      this.update();
      this.show().catch((error: unknown) => {
        this.end(false);
        reject(error);
      });
    });
  }

  apply(): void {
    this.end(true);
  }

  discard(): void {
    const title = this.waiting?.title;
    this.end(false);
    if (title !== undefined) {
      vscode.window.setStatusBarMessage(plainLabel(`Discarded: ${title}`), DISCARDED_TIME);
    }
  }

  /** Shows the diff of the change that waits. */
  async show(): Promise<void> {
    const { waiting } = this;
    if (waiting === undefined || waiting.opening) {
      return;
    }
    waiting.opening = true;
    try {
      // A tab cannot be brought to the front: it is replaced.
      await closeTabs(waiting);
      await vscode.commands.executeCommand('vscode.changes', waiting.title, waiting.files);
      // The next file that is opened would take the place of a preview.
      await vscode.commands.executeCommand('workbench.action.keepEditor');
      // Keys go to it, also after a click on the status bar.
      await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
    } finally {
      waiting.opening = false;
      if (this.waiting !== waiting) {
        await closeTabs(waiting);
      }
    }
    this.onTabs();
  }

  private onTabs(): void {
    const { waiting } = this;
    if (waiting !== undefined && !waiting.opening) {
      if (tabsOf(waiting).length > 0) {
        waiting.seen = true;
      } else if (waiting.seen) {
        this.discard();
      }
    }
    this.update();
  }

  private end(apply: boolean): void {
    const { waiting } = this;
    if (waiting === undefined) {
      return;
    }
    this.waiting = undefined;
    this.update();
    void closeTabs(waiting);
    waiting.resolve(apply);
  }

  /** Shows in the status bar and in menus whether a change waits, and whether it is in front. */
  private update(): void {
    const { waiting, item } = this;
    const active = vscode.window.tabGroups.activeTabGroup.activeTab;
    setContext('changeWaits', waiting !== undefined);
    setContext('changeIsActive', waiting !== undefined && active !== undefined && isTabOf(waiting, active));
    if (waiting === undefined) {
      item.hide();
      return;
    }
    if (!waiting.seen) {
      return;
    }
    item.text = plainLabel(`Apply or discard: ${waiting.title}`);
    item.tooltip = 'Show the change';
    item.show();
  }
}

function setContext(key: 'changeWaits' | 'changeIsActive', value: boolean): void {
  void vscode.commands.executeCommand('setContext', `imageScripts.${key}`, value);
}

/** Returns whether a tab shows a change: VS Code adds the number of files to its title. */
function isTabOf({ title }: Waiting, tab: vscode.Tab): boolean {
  const isFile = tab.input instanceof vscode.TabInputText || tab.input instanceof vscode.TabInputTextDiff;
  return !isFile && tab.label.startsWith(title);
}

function tabsOf(waiting: Waiting): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => isTabOf(waiting, tab));
}

async function closeTabs(waiting: Waiting): Promise<void> {
  const tabs = tabsOf(waiting);
  if (tabs.length > 0) {
    await vscode.window.tabGroups.close(tabs);
  }
}

/** Closes reviews that VS Code has restored: their change does not wait any more, and has no texts. */
async function closeStaleTabs(): Promise<void> {
  const stale = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => diffsOf(input).some(({ modified }) => modified?.scheme === REVIEW_SCHEME));
  if (stale.length > 0) {
    await vscode.window.tabGroups.close(stale);
  }
}

/** Returns the diffs of a tab that shows several, of which the types do not know. */
function diffsOf(input: unknown): { modified?: vscode.Uri }[] {
  return typeof input === 'object' && input !== null && 'textDiffs' in input && Array.isArray(input.textDiffs)
    ? input.textDiffs
    : [];
}
