// The VM tests in the view Testing: one for every image, and those that are run for each row of the
// test table. They take long, so the first time in a window it is asked; nothing starts by itself.

import * as path from 'node:path';
import * as vscode from 'vscode';
import { distributionOf, type ImageOf, type Images } from '../images';
import type { Checkout, RowState } from '../protocol';
import type { Server } from '../server';
import { run } from './process';

/** What starts tests, at the root of a checkout. */
const RUNNER = 'test-runner.sh';

/** How much of the end of the output is shown where a test failed. */
const LAST_LINES = 20;

export class Tests implements vscode.Disposable {
  private readonly controller: vscode.TestController;
  private readonly disposables: vscode.Disposable[];
  /** The checkouts of tests. */
  private readonly roots = new WeakMap<vscode.TestItem, string>();
  private asked = false;

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
    this.disposables.forEach((disposable) => disposable.dispose());
  }

  private update(): void {
    // Nothing of a checkout is run before it is trusted.
    const checkouts = vscode.workspace.isTrusted ? this.images.checkouts : [];
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

  /** What a lens has: arguments of the runner, or a command line. */
  async runWords(words: string[]): Promise<void> {
    const [verb, ...rest] = words;
    const at = await this.images.atCursor();
    const root = at?.root ?? this.images.checkouts[0]?.root;
    if (root === undefined || verb === undefined) {
      return;
    }
    if (verb === 'test' && rest[0] !== undefined) {
      return this.runTest(root, rest[0]);
    }
    const line: [string, ...string[]] = verb === 'ls' ? [`./${RUNNER}`, verb, ...rest] : [verb, ...rest];
    await this.show(line, root);
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

  /** Asks, the first time in this window. */
  private async mayRun(count: number): Promise<boolean> {
    if (this.asked) {
      return true;
    }
    const go = 'Run';
    const answer = await vscode.window.showWarningMessage(
      count === 1 ? 'Run this VM test?' : `Run ${count} VM tests, one after the other?`,
      {
        modal: true,
        detail: `./${RUNNER} builds what it needs and starts virtual machines: a test takes 9 to 135 minutes and up to 24 GiB of memory. In this window you are asked once.`,
      },
      go,
    );
    this.asked = answer === go;
    return this.asked;
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const excluded = new Set(request.exclude);
    const tests = leaves(request.include ?? [...this.controller.items].map(([, item]) => item), excluded);
    if (tests.length === 0 || !(await this.mayRun(tests.length))) {
      return;
    }
    const testRun = this.controller.createTestRun(request);
    tests.forEach((test) => testRun.enqueued(test));
    for (const test of tests) {
      if (token.isCancellationRequested || testRun.token.isCancellationRequested) {
        testRun.skipped(test);
        continue;
      }
      await this.runOne(testRun, test, token);
    }
    testRun.end();
  }

  private async runOne(
    testRun: vscode.TestRun,
    test: vscode.TestItem,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const root = this.roots.get(test) ?? '';
    const cancellation = new vscode.CancellationTokenSource();
    const listening = [token, testRun.token].map((one) => one.onCancellationRequested(() => cancellation.cancel()));
    const began = Date.now();
    let output = '';
    const write = (text: string): void => {
      output += text;
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
    listening.forEach((one) => one.dispose());
    cancellation.dispose();
  }
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
