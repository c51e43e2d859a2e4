// The workbench as a user sees it: what is pressed and clicked, and what is to be seen then.

import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { type Options, Served } from './served.ts';

/** How long anything may take to be seen. It only ends a test that hangs. */
const PATIENCE = 30_000;

/** Where pictures go. */
const PICTURES = path.resolve(import.meta.dirname, '../../../target/vscode/pictures');

/** Counts of what the status bar shows of all findings. */
export interface Counts {
  errors: number;
  warnings: number;
}

export class Workbench {
  readonly served: Served;
  readonly page: Page;

  private constructor(served: Served) {
    this.served = served;
    this.page = served.page;
    this.page.setDefaultTimeout(PATIENCE);
  }

  static async open(options: Options = {}): Promise<Workbench> {
    const workbench = new Workbench(await Served.start(options));
    await workbench.see(workbench.page.locator('.monaco-workbench .explorer-viewlet'));
    return workbench;
  }

  close(): Promise<void> {
    return this.served.stop();
  }

  press(keys: string): Promise<void> {
    return this.page.keyboard.press(keys);
  }

  /** A picture of the window; `pointing` with what is shown because the mouse is where it is. */
  async picture(name: string, { pointing = false } = {}): Promise<void> {
    await fs.mkdir(PICTURES, { recursive: true });
    const file = path.join(PICTURES, `${name}.png`);
    if (!pointing) {
      await this.page.mouse.move(640, 795);
    }
    await this.page.screenshot({ path: file });
  }

  /** Waits until something is as expected; says what it was last if it never is. */
  async until<Seen>(what: string, look: () => Promise<Seen>, expected: (seen: Seen) => boolean): Promise<Seen> {
    const end = Date.now() + PATIENCE;
    for (;;) {
      const seen = await look();
      if (expected(seen)) {
        return seen;
      }
      if (Date.now() > end) {
        await this.picture('failed');
        assert.fail(`${what}: last seen ${JSON.stringify(seen)}`);
      }
      await this.page.waitForTimeout(50);
    }
  }

  /** Waits until something is to be seen. */
  async see(what: Locator): Promise<Locator> {
    try {
      await what.first().waitFor();
    } catch (error) {
      await this.picture('failed');
      throw error;
    }
    return what.first();
  }

  // -- The quick input: palette, file search, questions

  get input(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  get choices(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row');
  }

  /** Waits until the question has something to say of what was typed. */
  async message(text: string): Promise<void> {
    await this.see(this.page.locator('.quick-input-widget:visible .quick-input-message', { hasText: text }));
  }

  /** The files that a change is shown in before it is made. */
  async reviewed(): Promise<string[]> {
    return this.page.locator('.multiDiffEditor .file-path .title').allInnerTexts();
  }

  /** Presses a button of a notification. */
  async decide(notification: string, button: string): Promise<void> {
    await this.notification(notification).getByRole('button', { name: button, exact: true }).click();
  }

  /** Opens the quick input. While another one is closing, the key is lost: it is pressed again. */
  private async palette(keys: string): Promise<void> {
    await this.until(
      'the palette',
      async () => {
        await this.press(keys);
        return this.input.isVisible();
      },
      (visible) => visible,
    );
  }

  /** Runs a command by its title. */
  async command(title: string): Promise<void> {
    await this.palette('F1');
    await this.input.fill(`>${title}`);
    await (await this.see(this.choices.filter({ hasText: title }))).click();
  }

  /** Whether the palette has a command. */
  async hasCommand(title: string): Promise<boolean> {
    await this.palette('F1');
    await this.input.fill(`>${title}`);
    // Its answer is there when one of the two is.
    await this.choices.first().waitFor();
    const found = await this.choices.filter({ hasText: title }).count();
    await this.press('Escape');
    return found > 0;
  }

  /** Opens a file of the checkout. */
  async openFile(file: string, line = 1, column = 1): Promise<void> {
    await this.palette('Control+p');
    await this.input.fill(file);
    const [name, folder] = [path.basename(file), path.dirname(file)];
    await this.choices.filter({ hasText: name }).filter({ hasText: folder }).first().click();
    await this.until(
      'the active file',
      () => this.activePath(),
      (active) => active.endsWith(file),
    );
    await this.goto(line, column);
  }

  /** Puts the cursor somewhere. */
  async goto(line: number, column: number): Promise<void> {
    await this.palette('Control+g');
    await this.input.fill(`:${line}:${column}`);
    // Not by Enter, which is lost before this is there.
    await this.choices.filter({ hasText: `line ${line} at column ${column}.` }).click();
    const at = this.page.locator('#status\\.editor\\.selection');
    await this.see(at.filter({ hasText: `Ln ${line}, Col ${column}` }));
    // Keys go to the text from here on.
    await this.see(this.page.locator('.editor-group-container.active .monaco-editor.focused'));
  }

  /** Puts the cursor on the first place where a text of the open file has something. */
  async gotoText(file: string, text: string): Promise<void> {
    const whole = await this.served.read(file);
    const before = whole.slice(0, whole.indexOf(text)).split('\n');
    await this.openFile(file, before.length, (before.at(-1)?.length ?? 0) + 1);
  }

  // -- Editors

  /** The path of the active editor's file. */
  async activePath(): Promise<string> {
    const tab = this.page.locator('.editor-group-container.active .tab.active');
    if ((await tab.count()) === 0) {
      return '';
    }
    const of = await tab.first().getAttribute('data-resource-name');
    const crumbs = await this.page.locator('.editor-group-container.active .monaco-breadcrumb-item').allInnerTexts();
    const file = crumbs.map((crumb) => crumb.trim()).join('/');
    return file === '' ? (of ?? '') : file;
  }

  /** The lines of the active editor that are in sight. */
  async lines(): Promise<string[]> {
    const lines = await this.page.locator('.editor-group-container.active .view-lines .view-line').allInnerTexts();
    return lines.map((line) => line.replaceAll('\u00a0', ' '));
  }

  async squiggles(severity: 'error' | 'warning'): Promise<number> {
    return this.page.locator(`.editor-group-container.active .squiggly-${severity}`).count();
  }

  /** The text that is shown on the word at the cursor. */
  async hover(): Promise<string> {
    const cursor = await this.page.locator('.editor-group-container.active .cursor').first().boundingBox();
    assert.ok(cursor !== null);
    await this.page.mouse.move(cursor.x + 20, cursor.y + cursor.height / 2);
    const shown = this.page.locator('.monaco-hover:visible .monaco-hover-content');
    await shown.first().waitFor();
    return shown.first().innerText();
  }

  /** What can be done at the cursor. */
  async actions(): Promise<Locator> {
    const rows = this.page.locator('.action-widget .monaco-list-row.action');
    // There are none before the server has been asked about the text.
    await this.until(
      'actions',
      async () => {
        await this.press('Control+.');
        await rows
          .first()
          .waitFor({ timeout: 2000 })
          .catch(() => undefined);
        return rows.first().isVisible();
      },
      (visible) => visible,
    );
    return rows;
  }

  async act(title: string): Promise<void> {
    await (await this.actions()).filter({ hasText: title }).click();
  }

  /** Takes back the last change of the active file, in all files that it was in. */
  async undo(inSeveralFiles: boolean): Promise<void> {
    await this.press('Control+z');
    if (inSeveralFiles) {
      await this.answer(/Undo in \d+ Files/);
    }
  }

  /** Presses a button of the dialog. */
  async answer(button: RegExp | string): Promise<void> {
    await this.page.locator('.monaco-dialog-box').getByRole('button', { name: button }).click();
  }

  /** What stands at the cursor, everywhere under another name. */
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
   * Waits for these, doing something again and again until they are there, if it may be in vain. Not
   * more often than once a second: what comes in quick succession is told of when it ends.
   */
  async untilCounts(expected: Counts, again: () => Promise<void> = async () => undefined): Promise<void> {
    let last = 0;
    await this.until(
      `findings to be ${JSON.stringify(expected)}`,
      async () => {
        if (Date.now() - last > 1000) {
          last = Date.now();
          await again();
        }
        return this.counts();
      },
      (seen) => seen.errors === expected.errors && seen.warnings === expected.warnings,
    );
  }

  /** The rows of the view Problems that are in sight. */
  get problems(): Locator {
    return this.page.locator('.markers-panel .monaco-list-row');
  }

  // -- Views

  /** A part of the side bar. */
  pane(title: string): Locator {
    return this.page.locator('.split-view-view', { has: this.page.locator('.pane-header', { hasText: title }) }).last();
  }

  /** Opens or closes a part of the side bar. */
  async setPane(title: string, open: boolean): Promise<Locator> {
    const pane = this.pane(title);
    const header = await this.see(pane.locator('.pane-header'));
    if ((await header.getAttribute('aria-expanded')) !== `${open}`) {
      await header.click();
    }
    return pane;
  }

  /** Waits until the server has told of the images. */
  async ready(): Promise<void> {
    const pane = await this.setPane('Images', true);
    await this.see(pane.locator('.monaco-list-row'));
  }

  /** The view Images, with all of the side bar for it. */
  async images(folder = 'vpsadminos'): Promise<Locator> {
    await this.setPane(folder, false);
    return this.setPane('Images', true);
  }

  /** Opens an item of a tree. */
  expand(item: Locator): Promise<void> {
    return this.setExpanded(item, true);
  }

  /** Closes one: of a long tree only what is in sight is there. */
  collapse(item: Locator): Promise<void> {
    return this.setExpanded(item, false);
  }

  private async setExpanded(item: Locator, expanded: boolean): Promise<void> {
    const row = await this.see(item);
    if ((await row.getAttribute('aria-expanded')) !== `${expanded}`) {
      await row.locator('.monaco-tl-twistie').click();
    }
  }

  /** Chooses from the menu of something, by key: a menu takes no click in its first moments. */
  async menu(of: Locator, title: string): Promise<void> {
    await of.click({ button: 'right' });
    const item = await this.see(this.page.locator('.monaco-menu .action-item', { hasText: title }));
    await item.hover();
    await this.see(this.page.locator('.monaco-menu .action-item.focused', { hasText: title }));
    await this.press('Enter');
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }
}

/** Opens a workbench for as long as something takes. */
export async function withWorkbench(options: Options, body: (workbench: Workbench) => Promise<void>): Promise<void> {
  const workbench = await Workbench.open(options);
  try {
    await body(workbench);
  } finally {
    await workbench.close();
  }
}
