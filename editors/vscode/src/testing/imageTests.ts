// VM tests in the Test Explorer: one for each image, and those of each row of the test table.
//
// They take long: nothing starts by itself, one runs at a time in a window, and the user confirms a
// single test once per window and several tests each time.

import * as path from 'node:path';
import * as vscode from 'vscode';
import { type CheckoutImage, distributionOf, type Images } from '../images';
import { ask, showInformation } from '../notifications';
import { plainLabel, plainLine, plainMessage } from '../plainText';
import {
  type Checkout,
  type ImageState,
  type RowState,
  type TriagedCause,
  type TriageQuery,
  toVscodeRange,
} from '../protocol';
import type { Server } from '../server';
import { killAll, runProgram } from './process';
import { causeInWords, type Triage } from './triage';

/** Program in the root of a checkout that runs tests. */
const TEST_RUNNER = 'test-runner.sh';

/** Number of lines of output in the message of a failed test. */
const MESSAGE_LINES = 20;

/** Number of digits of an item's position among all. */
const POSITION_DIGITS = 6;

/** Number of characters of output that are kept for them, and to look for causes in. */
const MESSAGE_BUFFER = 4_194_304;

/** Milliseconds by which the clock of the file system may be late. */
const CLOCK_TOLERANCE = 100;

export class ImageTests implements vscode.Disposable {
  private readonly controller: vscode.TestController;
  private readonly disposables: vscode.Disposable[];
  private readonly roots = new WeakMap<vscode.TestItem, string>();
  /** Names by which the test runner knows the tests. */
  private readonly names = new WeakMap<vscode.TestItem, string>();
  /** Images that are tested. */
  private readonly imagesOf = new WeakMap<vscode.TestItem, string>();
  /** True once the user has confirmed a single test. */
  private confirmed = false;
  /** State of the checkouts that the items were created from. */
  private itemsState = '';
  private lastRun: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly server: Server,
    private readonly images: Images,
    private readonly triage: Triage,
  ) {
    this.controller = vscode.tests.createTestController('imageScripts', 'Image Scripts');
    this.controller.createRunProfile('Run', vscode.TestRunProfileKind.Run, (request, token) =>
      this.runTests(request, token),
    );
    this.controller.refreshHandler = () => images.refresh();
    this.disposables = [this.controller, images.onDidChange(() => this.updateItems())];
  }

  dispose(): void {
    killAll();
    vscode.Disposable.from(...this.disposables).dispose();
  }

  private updateItems(): void {
    // Nothing of a checkout is run before it is trusted.
    const checkouts = vscode.workspace.isTrusted ? this.images.checkouts : [];
    // Items are only replaced when they differ: some of them may be running.
    const state = JSON.stringify(checkouts.map(({ root, images, rows }) => [root, images.map(itemState), rows]));
    if (state === this.itemsState) {
      return;
    }
    this.itemsState = state;
    const [only, ...others] = checkouts;
    if (only !== undefined && others.length === 0) {
      this.controller.items.replace(this.createGroups(only));
      return;
    }
    this.controller.items.replace(
      checkouts.map((checkout) => {
        const item = this.createItem(checkout.root, checkout.root, this.images.label(checkout.root));
        item.children.replace(this.createGroups(checkout));
        return item;
      }),
    );
  }

  private createItem(root: string, id: string, label: string, uri?: string | null): vscode.TestItem {
    const item = this.controller.createTestItem(id, plainLabel(label), uri ? vscode.Uri.parse(uri) : undefined);
    this.roots.set(item, root);
    return item;
  }

  private createTest(root: string, test: string, label: string, uri: string | null): vscode.TestItem {
    const item = this.createItem(root, testId(root, test), label, uri);
    this.names.set(item, test);
    return item;
  }

  /** Creates the tests of images, by distribution, and those of rows. */
  private createGroups(checkout: Checkout): vscode.TestItem[] {
    const { root } = checkout;
    const images = this.createItem(root, `${root}|images`, 'Images');
    const rows = this.createItem(root, `${root}|rows`, 'Test rows');
    const byDistribution = new Map<string, vscode.TestItem>();
    // VS Code sorts by letters otherwise: 10 before 8.
    let position = 0;
    const sort = (item: vscode.TestItem): vscode.TestItem => {
      item.sortText = `${position++}`.padStart(POSITION_DIGITS, '0');
      return item;
    };
    for (const state of checkout.images) {
      if (state.test === null) {
        continue;
      }
      const name = distributionOf(state);
      let group = byDistribution.get(name);
      if (group === undefined) {
        group = this.createItem(root, `${root}|images|${name}`, name);
        byDistribution.set(name, group);
        images.children.add(sort(group));
      }
      const item = this.createTest(root, state.test, state.image, state.uri);
      this.imagesOf.set(item, state.image);
      // First line of `build.sh`.
      item.range = new vscode.Range(0, 0, 0, 0);
      group.children.add(sort(item));
    }
    for (const row of checkout.rows.filter(({ tests }) => tests.length > 0)) {
      rows.children.add(sort(this.createRowItem(root, row)));
    }
    return [images, rows].filter(({ children }) => children.size > 0);
  }

  private createRowItem(root: string, row: RowState): vscode.TestItem {
    const item = this.createItem(root, `${root}|row|${row.key}`, row.key, row.uri ?? undefined);
    item.description = plainLabel(`${row.distribution} ${row.version}`);
    const start = row.range?.start;
    if (start !== undefined) {
      item.range = new vscode.Range(start.line, start.character, start.line, start.character);
    }
    for (const test of row.tests) {
      item.children.add(this.createTest(root, test, test, row.uri));
    }
    return item;
  }

  /** Runs the test of an image. */
  async runImage({ root, state }: CheckoutImage): Promise<void> {
    if (state.test === null) {
      throw new Error(`${this.images.label(root)} has no tests of single images: run those of its test rows`);
    }
    await this.runTest(root, state.test);
  }

  private async runTest(root: string, test: string): Promise<void> {
    const item = findItem(this.controller.items, testId(root, test));
    if (item === undefined) {
      throw new Error(`${this.images.label(root)} has no test ${test}: refresh the tests`);
    }
    const cancellation = new vscode.CancellationTokenSource();
    try {
      await this.runTests(new vscode.TestRunRequest([item]), cancellation.token);
    } finally {
      cancellation.dispose();
    }
  }

  /** Runs what a code lens of the active editor says: arguments of the test runner, or `bash -n`. */
  async runCommandLine([program, ...arguments_]: string[]): Promise<void> {
    const root = (await this.images.atCursor())?.root;
    if (root === undefined) {
      throw new Error('There is no checkout at the cursor: open a script of the image');
    }
    if (program === 'test' && arguments_[0] !== undefined) {
      await this.runTest(root, arguments_[0]);
    } else if (program === 'ls') {
      await this.runWithProgress([`./${TEST_RUNNER}`, program, ...arguments_], root);
    } else if (program === 'bash' && arguments_[0] === '-n') {
      await this.runWithProgress([program, ...arguments_], root);
    }
  }

  /** Runs something short, with its output in the log. */
  private async runWithProgress(commandLine: [string, ...string[]], root: string): Promise<void> {
    const { log } = this.server;
    const title = commandLine.join(' ');
    const exit = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: plainMessage(title), cancellable: true },
      (_, token) => {
        log.info(`$ ${title}`);
        return runProgram(commandLine, root, (text) => log.info(text.trimEnd()), token);
      },
    );
    if ('status' in exit && exit.status === 0) {
      void showInformation(`${title}: succeeded`, 'Show Log').then((chosen) => {
        if (chosen) {
          log.show();
        }
      });
      return;
    }
    log.show();
    throw new Error(`${title}: ${'status' in exit ? `exited with status ${exit.status}` : exit.reason}`);
  }

  /** Asks the user to confirm a single test, unless they have done so, or several tests. */
  private async confirm(count: number): Promise<boolean> {
    if (this.confirmed && count === 1) {
      return true;
    }
    const runButton = 'Run';
    const chosen = await ask(
      count === 1 ? 'Run this VM test?' : `Run ${count} VM tests, one after the other?`,
      `./${TEST_RUNNER} builds what it needs and starts virtual machines: a test takes 9 to 135 minutes and up to 24 GiB of memory. A single test needs this confirmation only once per window.`,
      runButton,
    );
    this.confirmed ||= chosen === runButton;
    return chosen === runButton;
  }

  private async runTests(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const excluded = new Set(request.exclude);
    const included = leaves(request.include ?? [...this.controller.items].map(([, item]) => item), excluded);
    // Two rows may have the same distribution and version, and so the same tests.
    const tests = [...new Map(included.map((test) => [test.id, test])).values()];
    if (tests.length === 0 || !(await this.confirm(tests.length))) {
      return;
    }
    const testRun = this.controller.createTestRun(request);
    for (const test of tests) {
      testRun.enqueued(test);
    }
    // Two runs at once would need twice the memory.
    const previous = this.lastRun;
    const runAll = async (): Promise<void> => {
      await previous;
      for (const test of tests) {
        if (token.isCancellationRequested || testRun.token.isCancellationRequested) {
          testRun.skipped(test);
          continue;
        }
        await this.runItem(testRun, test, token);
      }
      testRun.end();
    };
    this.lastRun = runAll();
    await this.lastRun;
  }

  /** Returns the messages of the causes of a failure; none if they are not known. */
  private async findCauses(test: vscode.TestItem, query: TriageQuery): Promise<vscode.TestMessage[]> {
    const image = this.imagesOf.get(test);
    try {
      const result = await this.triage.show(image === undefined ? query : { ...query, image });
      const causes = (result?.tests ?? []).flatMap(({ causes }) => causes);
      return causes.map((cause) => causeMessage(test, cause));
    } catch (error) {
      this.server.log.warn(`triage: ${String(error)}`);
      return [];
    }
  }

  private async runItem(
    testRun: vscode.TestRun,
    test: vscode.TestItem,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const root = this.roots.get(test) ?? '';
    const cancellation = new vscode.CancellationTokenSource();
    const listeners = [token, testRun.token].map((source) =>
      source.onCancellationRequested(() => cancellation.cancel()),
    );
    const start = Date.now();
    const image = this.imagesOf.get(test);
    if (image !== undefined) {
      this.triage.forget(root, image);
    }
    let output = '';
    const append = (text: string): void => {
      output += text;
      // To cut it with each piece would copy it as often.
      if (output.length > 2 * MESSAGE_BUFFER) {
        output = output.slice(-MESSAGE_BUFFER);
      }
      testRun.appendOutput(text.replaceAll(/\r?\n/g, '\r\n'), undefined, test);
    };
    testRun.started(test);
    const commandLine: [string, ...string[]] = [`./${TEST_RUNNER}`, 'test', this.names.get(test) ?? ''];
    append(`$ ${plainLine(commandLine.join(' '))}\n`);
    const exit = await runProgram(commandLine, root, append, cancellation.token);
    const duration = Date.now() - start;
    if (cancellation.token.isCancellationRequested) {
      append('cancelled\n');
      testRun.skipped(test);
    } else if ('reason' in exit) {
      testRun.errored(test, createMessage(test, `${path.join(root, TEST_RUNNER)}: ${exit.reason}`), duration);
    } else if (exit.status === 0) {
      testRun.passed(test, duration);
    } else {
      const found = await this.findCauses(test, { root, text: output, since: start - CLOCK_TOLERANCE });
      const lastLines = output.trimEnd().split(/\r?\n/).slice(-MESSAGE_LINES).join('\n');
      const unknown = createMessage(test, `exited with status ${exit.status}\n\n${lastLines}`);
      testRun.failed(test, found.length === 0 ? unknown : found, duration);
    }
    // The test runner has left another result.
    void this.images.refresh();
    vscode.Disposable.from(...listeners).dispose();
    cancellation.dispose();
  }
}

/** Returns the message of a cause, at the place that it comes from. */
function causeMessage(test: vscode.TestItem, cause: TriagedCause): vscode.TestMessage {
  const message = createMessage(test, causeInWords(cause));
  const [origin] = cause.origins;
  if (origin !== undefined) {
    message.location = new vscode.Location(vscode.Uri.parse(origin.uri), toVscodeRange(origin.range));
  }
  return message;
}

/** Returns what the item of an image is created from. */
function itemState(state: ImageState): unknown {
  return [state.image, distributionOf(state), state.test, state.uri];
}

function createMessage(test: vscode.TestItem, text: string): vscode.TestMessage {
  const message = new vscode.TestMessage(text);
  if (test.uri !== undefined && test.range !== undefined) {
    message.location = new vscode.Location(test.uri, test.range);
  }
  return message;
}

/** Returns the id of a test; those of several checkouts have the same names. */
function testId(root: string, test: string): string {
  return `${root}|test|${test}`;
}

function findItem(items: vscode.TestItemCollection, id: string): vscode.TestItem | undefined {
  for (const [, item] of items) {
    const found = item.id === id ? item : findItem(item.children, id);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
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
