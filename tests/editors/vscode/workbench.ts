// The workbench as its user sees it: keys, clicks, and what they make visible.
//
// A key that the workbench may drop is pressed again once it is clear that it was.

import assert from 'node:assert/strict';
import * as path from 'node:path';
import type { Locator } from 'playwright-core';
import { CodeServer, type Options } from './codeServer.ts';
import { RETRY_INTERVAL, Steps } from './steps.ts';

/** Milliseconds after which a command without effect was not run, even on a busy machine. */
const COMMAND_INTERVAL = 30_000;

/** Counts in the status bar of all errors and warnings. */
export interface Counts {
  errors: number;
  warnings: number;
}

export class Workbench extends Steps {
  readonly codeServer: CodeServer;

  private constructor(codeServer: CodeServer) {
    super(codeServer.page);
    this.codeServer = codeServer;
  }

  static async open(options: Options = {}): Promise<Workbench> {
    const workbench = new Workbench(await CodeServer.start(options));
    await workbench.see(workbench.page.locator('.monaco-workbench .explorer-viewlet'));
    return workbench;
  }

  close(): Promise<void> {
    return this.codeServer.stop();
  }

  // -- Quick input: commands, files, questions

  get input(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  get choices(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
  }

  /** Ticks all choices. */
  chooseAll(): Promise<void> {
    return this.page.locator('.quick-input-widget:visible .quick-input-header').getByRole('checkbox').first().click();
  }

  /** Waits for the message of an input box. */
  async inputMessage(text: string): Promise<void> {
    await this.see(this.page.locator('.quick-input-widget:visible .quick-input-message', { hasText: text }));
  }

  /** Types into an input box, once the one with this title is open. */
  async fillInputBox(title: string, text: string): Promise<void> {
    await this.see(this.page.locator('.quick-input-widget:visible .quick-input-title', { hasText: title }));
    await this.input.fill(text);
  }

  /**
   * Runs New Image and picks a choice that a text leaves; again if there is none, as the server may
   * have yet to hear of what was changed on disk.
   */
  async newImage(text: string, choice: string): Promise<void> {
    await this.until(
      `the new image ${choice}`,
      async () => {
        await this.command('New Image...');
        await this.fillInputBox('New Image', text);
        const picked = await this.choices
          .filter({ hasText: choice })
          .click({ timeout: RETRY_INTERVAL })
          .then(
            () => true,
            () => false,
          );
        if (!picked) {
          await this.press('Escape');
          await this.input.waitFor({ state: 'hidden' });
        }
        return picked;
      },
      (picked) => picked,
    );
  }

  /** Opens the quick input with a key, which is lost while another one closes, and types a text. */
  private async quickInput(keys: string, text: string): Promise<void> {
    await this.until(
      `the quick input with ${text}`,
      async () => {
        await this.repeatUntilVisible(this.input, () => this.press(keys));
        const filled = await this.input.fill(text, { timeout: RETRY_INTERVAL }).then(
          () => true,
          () => false,
        );
        return filled ? this.input.inputValue() : '';
      },
      (value) => value === text,
    );
  }

  /** Opens the quick input, types, and picks a choice; again if the workbench has closed it meanwhile. */
  private async pickByKeys(keys: string, text: string, choice: Locator): Promise<void> {
    let isAgain = false;
    await this.until(
      `the choice for ${text}`,
      async () => {
        // A click that took too long may have taken effect: what is open then is not what the keys open.
        if (isAgain && (await this.input.isVisible())) {
          await this.input.press('Escape', { timeout: RETRY_INTERVAL }).catch(() => undefined);
        }
        isAgain = true;
        await this.quickInput(keys, text);
        return choice
          .first()
          .click({ timeout: RETRY_INTERVAL })
          .then(
            () => true,
            () => false,
          );
      },
      (picked) => picked,
    );
  }

  /** Runs a command by its title. */
  command(title: string): Promise<void> {
    return this.pickByKeys('F1', `>${title}`, this.choices.filter({ hasText: title }));
  }

  /** Returns whether the command palette has a command. */
  async hasCommand(title: string): Promise<boolean> {
    await this.quickInput('F1', `>${title}`);
    const command = this.choices.filter({ hasText: title });
    const none = this.choices.filter({ hasText: /No matching commands|similar commands/ });
    await this.see(command.or(none));
    const found = (await command.count()) > 0;
    await this.press('Escape');
    await this.input.waitFor({ state: 'hidden' });
    return found;
  }

  /** Opens a file of the checkout, and puts the cursor into it. */
  async openFile(file: string, line = 1, column = 1): Promise<void> {
    const [name, folder] = [path.basename(file), path.dirname(file)];
    await this.pickByKeys('Control+p', file, this.choices.filter({ hasText: name }).filter({ hasText: folder }));
    await this.untilActive(file);
    await this.goto(line, column);
  }

  async goto(line: number, column: number): Promise<void> {
    await this.quickInput('Control+g', `:${line}:${column}`);
    // Enter would be lost before this line is there.
    await this.choices.filter({ hasText: `line ${line} at column ${column}.` }).click();
    const selection = this.page.locator('#status\\.editor\\.selection');
    await this.see(selection.filter({ hasText: `Ln ${line}, Col ${column}` }));
    await this.untilEditorFocused();
  }

  /** Puts the cursor on the first occurrence of a text in a file. */
  async gotoText(file: string, text: string): Promise<void> {
    const content = await this.codeServer.read(file);
    const before = content.slice(0, content.indexOf(text)).split('\n');
    await this.openFile(file, before.length, (before.at(-1)?.length ?? 0) + 1);
  }

  // -- Notifications and dialogs

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** Opens the list of notifications that are hidden. */
  async openNotifications(): Promise<void> {
    await this.page.locator('#status\\.notifications').click();
    await this.see(this.page.locator('.notifications-center'));
  }

  /** Clicks a button of a notification, wherever that is shown. */
  async clickNotificationButton(notification: string, button: string): Promise<void> {
    const listed = this.page.locator('.notifications-center .notification-list-item', { hasText: notification });
    const shown = this.notification(notification).or(listed);
    await shown.getByRole('button', { name: button, exact: true }).click();
  }

  async clickDialogButton(button: RegExp | string): Promise<void> {
    await this.page.locator('.monaco-dialog-box').getByRole('button', { name: button }).click();
  }

  // -- Review of a change

  /** Item of the status bar that says which change waits. */
  waitingChange(title: string): Locator {
    return this.page.locator('.statusbar-item', { hasText: `Apply or discard: ${title}` });
  }

  reviewTab(title: string): Locator {
    return this.page.locator('.tab', { hasText: title });
  }

  /** A line of the review, of those that are visible. */
  reviewLine(text: string): Locator {
    return this.page.locator('.multiDiffEditor .view-line', { hasText: text });
  }

  /** Waits until the change with this title waits and is in front, and keys go to it. */
  async untilReviewed(title: string): Promise<void> {
    await this.see(this.waitingChange(title));
    await this.see(this.page.locator('.tab.active', { hasText: title }));
    await this.see(this.page.locator('.multiDiffEditor .monaco-editor.focused'));
  }

  /** Applies or discards the change with this title by its button. */
  async answerChange(title: string, answer: 'Apply' | 'Discard'): Promise<void> {
    await this.untilReviewed(title);
    await this.page.locator('.editor-group-container.active .editor-actions').getByLabel(`${answer} Change`).click();
    await this.untilAnswered(title);
  }

  /** Waits until a change waits no more, and its review is closed. */
  async untilAnswered(title: string): Promise<void> {
    await this.waitingChange(title).waitFor({ state: 'hidden' });
    await this.reviewTab(title).waitFor({ state: 'hidden' });
  }

  /** Returns the files in the review of a change. */
  async reviewedFiles(): Promise<string[]> {
    return this.page.locator('.multiDiffEditor .file-path .title').allInnerTexts();
  }

  // -- Editors

  /** Returns the path of the active editor's file. */
  async activePath(): Promise<string> {
    const tab = this.page.locator('.editor-group-container.active .tab.active');
    if ((await tab.count()) === 0) {
      return '';
    }
    const label = await tab.first().getAttribute('data-resource-name');
    const crumbs = await this.page.locator('.editor-group-container.active .monaco-breadcrumb-item').allInnerTexts();
    const file = crumbs.map((crumb) => crumb.trim()).join('/');
    return file === '' ? (label ?? '') : file;
  }

  /** Follows a link in an editor to a file. The editor draws it anew while the mouse is on it: it is clicked where it is. */
  async followLink(link: Locator, file: string): Promise<void> {
    await this.see(link);
    await this.until(
      `the link to ${file}`,
      async () => {
        const box = await link.first().boundingBox();
        if (box !== null) {
          await this.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
          await this.page.keyboard.down('Control');
          await this.page.mouse.down();
          await this.page.mouse.up();
          await this.page.keyboard.up('Control');
        }
        await this.page.waitForTimeout(RETRY_INTERVAL / 5);
        return this.activePath();
      },
      (active) => active.endsWith(file),
    );
  }

  /** Waits until a file is in the active editor. */
  async untilActive(file: string): Promise<void> {
    await this.until(
      'the active file',
      () => this.activePath(),
      (active) => active.endsWith(file),
    );
  }

  /** Waits until keys go to the active editor; opening a file takes the focus late. */
  async untilEditorFocused(): Promise<void> {
    await this.see(this.page.locator('.editor-group-container.active .monaco-editor.focused'));
  }

  /** Returns the visible lines of the active editor. */
  async lines(): Promise<string[]> {
    const lines = await this.page.locator('.editor-group-container.active .view-lines .view-line').allInnerTexts();
    return lines.map((line) => line.replaceAll('\u00a0', ' '));
  }

  async squiggles(severity: 'error' | 'warning'): Promise<number> {
    return this.page.locator(`.editor-group-container.active .squiggly-${severity}`).count();
  }

  /**
   * Returns the hover of the word at the cursor, which has some text in it. There is none before the
   * server has answered, and before the cursor is where it was sent it is that of another word.
   */
  async hover(text: string): Promise<string> {
    const content = this.page.locator('.monaco-hover:visible .monaco-hover-content', { hasText: text });
    return this.until(
      `a hover with ${text}`,
      async () => {
        await this.repeatUntilVisible(content, () => this.pointAtCursor());
        // The workbench may hide it again before it is read, without waiting here for the next one.
        const [found] = await content.allInnerTexts();
        return found ?? '';
      },
      (found) => found !== '',
    );
  }

  /** Moves the mouse to the word at the cursor, from the line above. */
  private async pointAtCursor(): Promise<void> {
    const cursor = await this.page.locator('.editor-group-container.active .cursor').first().boundingBox();
    assert.ok(cursor !== null);
    const [x, y] = [cursor.x + 20, cursor.y + cursor.height / 2];
    await this.page.mouse.move(x, y - 2 * cursor.height);
    await this.page.mouse.move(x, y);
  }

  /** Opens the code actions at the cursor, until there is one with a title. */
  async codeAction(title: string): Promise<Locator> {
    const actions = this.page.locator('.action-widget .monaco-list-row.action');
    const action = actions.filter({ hasText: title });
    const none = this.page.locator('.monaco-editor-overlaymessage', { hasText: 'No code actions available' });
    // While another menu is closing, the keys are without effect.
    await actions.first().waitFor({ state: 'hidden' });
    await this.until(
      `the code action ${title}`,
      async () => {
        await this.repeatUntilVisible(actions.or(none), () => this.press('Control+.'));
        const count = await action.count();
        if (count === 0) {
          // Findings of the file have yet to come.
          await this.press('Escape');
          await actions.or(none).first().waitFor({ state: 'hidden' });
        }
        return count;
      },
      (count) => count > 0,
    );
    return action.first();
  }

  async applyCodeAction(title: string): Promise<void> {
    await (await this.codeAction(title)).click();
  }

  /** Takes back the last change of the active file. */
  undo(): Promise<void> {
    return this.press('Control+z');
  }

  /** Renames the symbol at the cursor. */
  async rename(to: string): Promise<void> {
    await this.press('F2');
    const input = await this.see(this.page.locator('.rename-box input'));
    await input.fill(to);
    await this.press('Enter');
  }

  // -- Findings

  async counts(): Promise<Counts> {
    const label = (await this.page.locator('#status\\.problems a').first().getAttribute('aria-label')) ?? '';
    const number = (what: string): number => Number(new RegExp(`${what}s: (\\d+)`, 'i').exec(label)?.[1] ?? 0);
    return { errors: number('error'), warnings: number('warning') };
  }

  /**
   * Waits for counts. A step that may be without effect is repeated until they are there, at most
   * once a second: VS Code reports changes of files in quick succession when they have ended.
   */
  async untilCounts(expected: Counts, step: () => Promise<void> = async () => undefined): Promise<void> {
    let last = 0;
    await this.until(
      `findings to be ${JSON.stringify(expected)}`,
      async () => {
        if (Date.now() - last > 1000) {
          last = Date.now();
          await step();
        }
        return this.counts();
      },
      ({ errors, warnings }) => errors === expected.errors && warnings === expected.warnings,
    );
  }

  /** Visible rows of the panel Problems. */
  get problems(): Locator {
    return this.page.locator('.markers-panel .monaco-list-row');
  }

  // -- Side bar

  /** Icon in the activity bar that leads to the view Images. */
  get imagesIcon(): Locator {
    return this.page.locator('.activitybar .action-item', {
      has: this.page.locator('.action-label[aria-label^="Image Scripts"]'),
    });
  }

  /** Waits until the server has listed the images. */
  async ready(): Promise<void> {
    const rows = this.page.locator('.sidebar [id="workbench.view.extension.imageScripts"] .monaco-list-row');
    // A window that has just been reloaded may show another view meanwhile.
    await this.repeatUntilVisible(rows, async () => {
      await this.images();
    });
  }

  /** Reloads the window, and waits until the new one is ready. */
  async reloadWindow(): Promise<void> {
    await this.page.evaluate("document.body.setAttribute('data-before-reload', '')");
    await this.command('Developer: Reload Window');
    await this.see(this.page.locator('body:not([data-before-reload])'));
    await this.ready();
  }

  /** Shows the view Images, which has the side bar for itself. */
  async images(): Promise<Locator> {
    const view = this.page.locator('.sidebar [id="workbench.view.extension.imageScripts"]');
    // A second click would hide it.
    return this.repeatUntilVisible(view, () => this.imagesIcon.click(), COMMAND_INTERVAL);
  }

  /** Shows the tree of files, with a folder or file in it that is not far from one that is open. */
  async fileInTree(name: string): Promise<Locator> {
    await this.command('File: Reveal Active File in Explorer View');
    const tree = this.page.locator('.explorer-folders-view');
    return this.see(tree.getByRole('treeitem', { name, exact: true }));
  }

  expand(item: Locator): Promise<void> {
    return this.toggle(item, true, item.locator('.monaco-tl-twistie'));
  }

  /** Collapses an item of a tree: of a long tree only the visible part exists. */
  collapse(item: Locator): Promise<void> {
    return this.toggle(item, false, item.locator('.monaco-tl-twistie'));
  }

  private async toggle(item: Locator, expanded: boolean, clicked: Locator): Promise<void> {
    const isExpanded = async (): Promise<boolean> =>
      (await (await this.see(item)).getAttribute('aria-expanded')) === 'true';
    if ((await isExpanded()) !== expanded) {
      await clicked.first().click();
      await this.until('the expanded state', isExpanded, (state) => state === expanded);
    }
  }

  /** Moves the mouse to an item, from elsewhere. */
  async hoverAgain(item: Locator): Promise<void> {
    await this.page.mouse.move(640, 795);
    await item.hover();
  }

  /**
   * Chooses from a context menu by key, because a menu ignores clicks at first, and waits for the
   * effect. A menu that closes by itself has none: it is opened again when there is none for long.
   */
  async menu(item: Locator, title: string, effect: Locator): Promise<Locator> {
    const entry = this.page.locator('.monaco-menu .action-item', { hasText: title });
    return this.repeatUntilVisible(
      effect,
      async () => {
        // A menu closes when the workbench moves the focus.
        await this.repeatUntilVisible(
          this.page.locator('.monaco-menu .action-item.focused', { hasText: title }),
          async () => {
            await this.repeatUntilVisible(entry, () => item.click({ button: 'right' }));
            await this.hoverAgain(entry);
          },
        );
        await this.press('Enter');
        await entry.waitFor({ state: 'hidden' });
      },
      COMMAND_INTERVAL,
    );
  }
}

/** Opens a workbench for one test. */
export async function withWorkbench(options: Options, body: (workbench: Workbench) => Promise<void>): Promise<void> {
  const workbench = await Workbench.open(options);
  try {
    await body(workbench);
  } finally {
    await workbench.close();
  }
}
