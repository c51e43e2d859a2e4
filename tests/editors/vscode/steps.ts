// Steps at the workbench: keys, waiting for what is expected, pictures.
//
// Each waits for what it needs, so that tests hold on a machine whose cores are all busy.

import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { TIMEOUT, takePicture } from './codeServer.ts';

/** Milliseconds after which a step that may have been without effect is repeated. */
export const RETRY_INTERVAL = 5_000;

export class Steps {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  press(keys: string): Promise<void> {
    return this.page.keyboard.press(keys);
  }

  /** Takes a picture of the window; with `pointing`, of what the mouse has brought up, too. */
  async picture(name: string, { pointing = false } = {}): Promise<void> {
    if (!pointing) {
      await this.page.mouse.move(640, 795);
    }
    await takePicture(this.page, name);
  }

  /** Waits until a value is as expected; fails with the last value. */
  async until<Value>(what: string, read: () => Promise<Value>, isExpected: (value: Value) => boolean): Promise<Value> {
    const end = Date.now() + TIMEOUT;
    for (;;) {
      const value = await read();
      if (isExpected(value)) {
        return value;
      }
      if (Date.now() > end) {
        await this.picture('failed');
        assert.fail(`${what}: last seen ${JSON.stringify(value)}`);
      }
      await this.page.waitForTimeout(50);
    }
  }

  /** Waits until something is visible. */
  async see(locator: Locator): Promise<Locator> {
    try {
      await locator.first().waitFor();
    } catch (error) {
      await this.picture('failed');
      throw error;
    }
    return locator.first();
  }

  /** Repeats a step, which may be without effect, until something is visible. */
  async repeatUntilVisible(locator: Locator, step: () => Promise<void>, interval = RETRY_INTERVAL): Promise<Locator> {
    await this.until(
      `${locator}`,
      async () => {
        if (await locator.first().isVisible()) {
          return true;
        }
        await step();
        return locator
          .first()
          .waitFor({ timeout: interval })
          .then(
            () => true,
            () => false,
          );
      },
      (visible) => visible,
    );
    return locator.first();
  }
}
