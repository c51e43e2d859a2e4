// A copy of a fixture, opened in VS Code: the workbench served by code-server, shown by Chromium.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';

const run = promisify(execFile);

const project = path.resolve(import.meta.dirname, '../../..');

/** What the tests are run with; `tests/run` sets these up. */
function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run tests/run, or see tests/editors/vscode/run`);
  }
  return value;
}

/** What a copy of the fixture lacks that only tests need. */
const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.colorTheme': 'Default Light Modern',
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'window.commandCenter': false,
  'window.restoreWindows': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'breadcrumbs.symbolPath': 'off',
  'editor.minimap.enabled': false,
  'editor.occurrencesHighlight': 'off',
  'editor.hover.delay': 0,
  'editor.stickyScroll.enabled': false,
  'editor.accessibilitySupport': 'off',
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'workbench.editor.enablePreview': false,
  'testing.automaticallyOpenTestResults': 'neverOpen',
};

export interface Options {
  /** The fixture; `contribution` by default. */
  fixture?: string;
  /** The folder that is opened, seen from the checkout. */
  folder?: string;
  /** Whether the workspace is trusted without asking; it is by default. */
  trusted?: boolean;
  settings?: Record<string, unknown>;
  /** Changes the copy before it is opened. */
  prepare?: (root: string) => Promise<void>;
}

/** VS Code with a checkout. */
export class Served {
  readonly root: string;
  readonly page: Page;
  /** The folder that the checkout is in, with everything of this VS Code. */
  readonly place: string;
  private readonly server: ChildProcess;
  private readonly browser: Browser;

  private constructor(place: string, root: string, server: ChildProcess, browser: Browser, page: Page) {
    this.place = place;
    this.root = root;
    this.server = server;
    this.browser = browser;
    this.page = page;
  }

  static async start(options: Options = {}): Promise<Served> {
    const place = await fs.mkdtemp(path.join(os.tmpdir(), 'image-scripts-vscode-'));
    const root = path.join(place, 'vpsadminos');
    await run('cp', ['-a', path.join(project, 'fixtures', options.fixture ?? 'contribution'), root]);
    await options.prepare?.(root);
    const [data, extensions] = [path.join(place, 'data'), path.join(place, 'extensions')];
    await fs.mkdir(path.join(data, 'User'), { recursive: true });
    const settings = { ...SETTINGS, ...options.settings };
    await fs.writeFile(path.join(data, 'User/settings.json'), JSON.stringify(settings, null, 2));
    const node = needed('NODE');
    const entry = path.join(needed('CODE_SERVER'), 'out/node/entry.js');
    const port = await freePort();
    const common = ['--user-data-dir', data, '--extensions-dir', extensions, '--disable-telemetry'];
    const env = { ...process.env, HOME: place, XDG_CONFIG_HOME: path.join(place, 'config') };
    await run(node, [entry, ...common, '--install-extension', needed('VSIX')], { env });
    const trust = options.trusted === false ? [] : ['--disable-workspace-trust'];
    const flags = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-update-check', ...trust];
    const server = spawn(node, [entry, ...common, ...flags], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    await listening(server);
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const folder = path.join(root, options.folder ?? '');
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`);
    return new Served(place, root, server, browser, page);
  }

  async stop(): Promise<void> {
    await this.browser.close();
    const ended = once(this.server, 'exit');
    if (this.server.pid !== undefined) {
      process.kill(-this.server.pid, 'SIGTERM');
    }
    await ended;
    await fs.rm(this.place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  file(relative: string): string {
    return path.join(this.root, relative);
  }

  read(relative: string): Promise<string> {
    return fs.readFile(this.file(relative), 'utf8');
  }
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return address.port;
}

/** Waits until the server says that it listens. */
async function listening(server: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const take = (data: Buffer): void => {
      output += data.toString();
      if (output.includes('HTTP server listening')) {
        resolve();
      }
    };
    server.stdout?.on('data', take);
    server.stderr?.on('data', take);
    server.on('exit', (code) => reject(new Error(`code-server ended with ${code}: ${output}`)));
  });
}
