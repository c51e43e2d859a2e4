// The VM tests in the view Testing: one for every image, and those that are run for each row of the
// test table. They take long, so it is asked first: for one of them once in a window, for several each
// time. Nothing starts by itself, and of a checkout one runs at a time.

import * as path from 'node:path';
import * as vscode from 'vscode';
import { distributionOf, type ImageOf, type Images } from '../images';
import type { Checkout, ImageState, RowState } from '../protocol';
import type { Server } from '../server';
import { killAll, run } from './process';

/** What starts tests, at the root of a checkout. */
const RUNNER = 'test-runner.sh';

/** How much of the end of the output is shown where a test failed. */
const LAST_LINES = 20;

/** How many characters of it are kept for that. */
const KEPT = 16_384;

export class Tests implements vscode.Disposable {
  private readonly controller: vscode.TestController;
  private readonly disposables: vscode.Disposable[];
  /** The checkouts of tests. */
  private readonly roots = new WeakMap<vscode.TestItem, string>();
  private asked = false;
  /** What the items are made from. */
  private shown = '';
  /** Runs wait for each other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly server: Server,
    private readonly images: Images,
  ) {
    this.controller = vscode.tests.createTestController('imageScripts', 'Image Scripts');
    this.controller.createRunProfile('Run', vscode.TestRunProfileKind.Run, (request, token) =>
      this.run(request, token),
    );
    this.controller.refreshHandler = () => images.read();
    this.disposables = [this.controller, images.onDidChange(() => this.update())];
  }

  dispose(): void {
    killAll();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private update(): void {
    // Nothing of a checkout is run before it is trusted.
    const checkouts = vscode.workspace.isTrusted ? this.images.checkouts : [];
    // Items that are the same stay: some of them may be running.
    const shown = JSON.stringify(checkouts.map(({ root, images, rows }) => [root, images.map(testOf), rows]));
    if (shown === this.shown) {
      return;
    }
    this.shown = shown;
    const [only, ...more] = checkouts;
    if (only !== undefined && more.length === 0) {
      this.controller.items.replace(this.groups(only));
      return;
    }
    this.controller.items.replace(
      checkouts.map((checkout) => {
        const item = this.item(checkout.root, checkout.root, path.basename(checkout.root));
        item.children.replace(this.groups(checkout));
        return item;
      }),
    );
  }

  private item(root: string, id: string, label: string, uri?: string | null): vscode.TestItem {
    const item = this.controller.createTestItem(id, label, uri ? vscode.Uri.parse(uri) : undefined);
    this.roots.set(item, root);
    return item;
  }

  /** The tests of images, by distribution, and those of rows. */
  private groups(checkout: Checkout): vscode.TestItem[] {
    const { root } = checkout;
    const images = this.item(root, `${root}|images`, 'Images');
    const rows = this.item(root, `${root}|rows`, 'Test rows');
    const byDistribution = new Map<string, vscode.TestItem>();
    for (const state of checkout.images) {
      if (state.test === null) {
        continue;
      }
      const name = distributionOf(state);
      let group = byDistribution.get(name);
      if (group === undefined) {
        group = this.item(root, `${root}|images|${name}`, name);
        byDistribution.set(name, group);
        images.children.add(group);
      }
      const item = this.item(root, testId(root, state.test), state.image, state.uri);
      // Beside the first line of `build.sh`.
      item.range = new vscode.Range(0, 0, 0, 0);
      group.children.add(item);
    }
    for (const row of checkout.rows.filter(({ tests }) => tests.length > 0)) {
      rows.children.add(this.ofRow(root, row));
    }
    return [images, rows].filter(({ children }) => children.size > 0);
  }

  private ofRow(root: string, row: RowState): vscode.TestItem {
    const item = this.item(root, `${root}|row|${row.key}`, row.key, row.location?.uri);
    item.description = `${row.distribution} ${row.version}`;
    const at = row.location?.range.start;
    if (at !== undefined) {
      item.range = new vscode.Range(at.line, at.character, at.line, at.character);
    }
    for (const test of row.tests) {
      item.children.add(this.item(root, testId(root, test), test, row.location?.uri));
    }
    return item;
  }

  /** Runs the test of an image. */
  async runImage({ root, state }: ImageOf): Promise<void> {
    if (state.test === null) {
      throw new Error(`${root}: this tree has no test of its own for ${state.image}`);
    }
    await this.runTest(root, state.test);
  }

  private async runTest(root: string, test: string): Promise<void> {
    const item = this.find(testId(root, test));
    if (item === undefined) {
      throw new Error(`${root}: there is no test ${test}`);
    }
    const cancellation = new vscode.CancellationTokenSource();
    try {
      await this.run(new vscode.TestRunRequest([item]), cancellation.token);
    } finally {
      cancellation.dispose();
    }
  }

  private find(id: string): vscode.TestItem | undefined {
    const below = (items: vscode.TestItemCollection): vscode.TestItem | undefined => {
      for (const [, item] of items) {
        const found = item.id === id ? item : below(item.children);
        if (found !== undefined) {
          return found;
        }
      }
      return undefined;
    };
    return below(this.controller.items);
  }

  /** What a lens of the active editor has: arguments of the test runner, or `bash -n` and scripts. */
  async runWords(words: string[]): Promise<void> {
    const [verb, ...rest] = words;
    const root = (await this.images.atCursor())?.root;
    if (root === undefined) {
      throw new Error('No checkout is at the cursor: open a script of the image');
    }
    if (verb === 'test' && rest[0] !== undefined) {
      await this.runTest(root, rest[0]);
    } else if (verb === 'ls') {
      await this.show([`./${RUNNER}`, verb, ...rest], root);
    } else if (verb === 'bash' && rest[0] === '-n') {
      await this.show([verb, ...rest], root);
    }
  }

  /** Runs something short, with its output in the log. */
  private async show(line: [string, ...string[]], root: string): Promise<void> {
    const { log } = this.server;
    const title = line.join(' ');
    const ending = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_, token) => {
        log.info(`$ ${title}`);
        return run(line, root, (text) => log.info(text.trimEnd()), token);
      },
    );
    if ('status' in ending && ending.status === 0) {
      void vscode.window.showInformationMessage(`${title}: all right`, 'Show Log').then((shown) => {
        if (shown) {
          log.show();
        }
      });
      return;
    }
    log.show();
    throw new Error(`${title}: ${'status' in ending ? `ended with status ${ending.status}` : ending.reason}`);
  }

  /** Asks: of one test the first time in this window, of several always. */
  private async mayRun(count: number): Promise<boolean> {
    if (this.asked && count === 1) {
      return true;
    }
    const go = 'Run';
    const answer = await vscode.window.showWarningMessage(
      count === 1 ? 'Run this VM test?' : `Run ${count} VM tests, one after the other?`,
      {
        modal: true,
        detail: `./${RUNNER} builds what it needs and starts virtual machines: a test takes 9 to 135 minutes and up to 24 GiB of memory. For a single test you are asked once in this window.`,
      },
      go,
    );
    this.asked ||= answer === go;
    return answer === go;
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const excluded = new Set(request.exclude);
    const chosen = leaves(request.include ?? [...this.controller.items].map(([, item]) => item), excluded);
    // Two rows may be of one distribution and version.
    const tests = [...new Map(chosen.map((test) => [test.id, test])).values()];
    if (tests.length === 0 || !(await this.mayRun(tests.length))) {
      return;
    }
    const testRun = this.controller.createTestRun(request);
    for (const test of tests) {
      testRun.enqueued(test);
    }
    // Two at once would want twice the memory.
    const before = this.turn;
    const all = async (): Promise<void> => {
      await before;
      for (const test of tests) {
        if (token.isCancellationRequested || testRun.token.isCancellationRequested) {
          testRun.skipped(test);
          continue;
        }
        await this.runOne(testRun, test, token);
      }
      testRun.end();
    };
    this.turn = all();
    await this.turn;
  }

  private async runOne(testRun: vscode.TestRun, test: vscode.TestItem, token: vscode.CancellationToken): Promise<void> {
    const root = this.roots.get(test) ?? '';
    const cancellation = new vscode.CancellationTokenSource();
    const listening = [token, testRun.token].map((one) => one.onCancellationRequested(() => cancellation.cancel()));
    const began = Date.now();
    let output = '';
    const write = (text: string): void => {
      output = (output + text).slice(-KEPT);
      testRun.appendOutput(text.replaceAll(/\r?\n/g, '\r\n'), undefined, test);
    };
    testRun.started(test);
    const line: [string, ...string[]] = [`./${RUNNER}`, 'test', testName(test.id)];
    write(`$ ${line.join(' ')}\n`);
    const ending = await run(line, root, write, cancellation.token);
    const duration = Date.now() - began;
    if (cancellation.token.isCancellationRequested) {
      write('cancelled\n');
      testRun.skipped(test);
    } else if ('reason' in ending) {
      testRun.errored(test, message(test, `${path.join(root, RUNNER)}: ${ending.reason}`), duration);
    } else if (ending.status === 0) {
      testRun.passed(test, duration);
    } else {
      const last = output.trimEnd().split(/\r?\n/).slice(-LAST_LINES).join('\n');
      testRun.failed(test, message(test, `ended with status ${ending.status}\n\n${last}`), duration);
    }
    vscode.Disposable.from(...listening).dispose();
    cancellation.dispose();
  }
}

/** What of an image its item is made from. */
function testOf(state: ImageState): unknown {
  return [state.image, distributionOf(state), state.test, state.uri];
}

/** What is said of a test that failed, where the test is shown. */
function message(test: vscode.TestItem, text: string): vscode.TestMessage {
  const made = new vscode.TestMessage(text);
  if (test.uri !== undefined && test.range !== undefined) {
    made.location = new vscode.Location(test.uri, test.range);
  }
  return made;
}

/** Tests of several checkouts have the same names. */
function testId(root: string, test: string): string {
  return `${root}|test|${test}`;
}

function testName(id: string): string {
  return id.slice(id.lastIndexOf('|') + 1);
}

function leaves(items: readonly vscode.TestItem[], excluded: Set<vscode.TestItem>): vscode.TestItem[] {
  return items
    .filter((item) => !excluded.has(item))
    .flatMap((item) =>
      item.children.size === 0
        ? [item]
        : leaves(
            [...item.children].map(([, child]) => child),
            excluded,
          ),
    );
}
