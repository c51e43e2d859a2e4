// VS Code with a copy of a fixture: the workbench served by code-server and shown by Chromium.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';

const execFileAsync = promisify(execFile);

export const project = path.resolve(import.meta.dirname, '../../..');

/** Folder of the pictures that tests take. */
const PICTURES = path.join(project, 'target/vscode/pictures');

/** Takes a picture of a page. */
export async function takePicture(page: Page, name: string): Promise<void> {
  await fs.mkdir(PICTURES, { recursive: true });
  // What fades in is shown as it is in the end.
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`), animations: 'disabled' });
}

/** Milliseconds that one step may take; bounds a test that hangs, even on a busy machine. */
export const TIMEOUT = 120_000;

/** Returns a variable of the environment, which `run` sets. */
export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: start the tests with tests/editors/vscode/run`);
  }
  return value;
}

/** Settings that keep the workbench plain, still and offline. */
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
  /** Name of the fixture; `contribution` by default. */
  fixture?: string;
  /** Folder to open, relative to the checkout. */
  folder?: string;
  /** False for a workspace that the user has yet to trust. */
  trusted?: boolean;
  settings?: Record<string, unknown>;
  /** Settings that no workspace and no other machine may have. */
  machineSettings?: Record<string, unknown>;
  /** Changes the copy before VS Code opens it. */
  prepare?: (root: string) => Promise<void>;
}

export class CodeServer {
  /** Folder of the checkout. */
  readonly root: string;
  readonly page: Page;
  /** Temporary folder with the checkout and all data of this VS Code. */
  readonly folder: string;
  private readonly server: ChildProcess;
  private readonly browser: Browser;

  private constructor(folder: string, root: string, server: ChildProcess, browser: Browser, page: Page) {
    this.folder = folder;
    this.root = root;
    this.server = server;
    this.browser = browser;
    this.page = page;
  }

  static async start(options: Options = {}): Promise<CodeServer> {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'image-scripts-vscode-'));
    const root = path.join(folder, 'vpsadminos');
    await execFileAsync('cp', ['-a', path.join(project, 'fixtures', options.fixture ?? 'contribution'), root]);
    await options.prepare?.(root);
    const [data, extensions] = [path.join(folder, 'data'), path.join(folder, 'extensions')];
    await fs.mkdir(path.join(data, 'User'), { recursive: true });
    const settings = { ...SETTINGS, ...options.settings };
    await fs.writeFile(path.join(data, 'User/settings.json'), JSON.stringify(settings, null, 2));
    await fs.mkdir(path.join(data, 'Machine'), { recursive: true });
    await fs.writeFile(path.join(data, 'Machine/settings.json'), JSON.stringify(options.machineSettings ?? {}));
    const node = requireEnv('NODE');
    const entry = path.join(requireEnv('CODE_SERVER'), 'out/node/entry.js');
    const port = await freePort();
    const common = ['--user-data-dir', data, '--extensions-dir', extensions, '--disable-telemetry'];
    const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: path.join(folder, 'config') };
    await execFileAsync(node, [entry, ...common, '--install-extension', requireEnv('VSIX')], { env });
    const trust = options.trusted === false ? [] : ['--disable-workspace-trust'];
    const flags = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-update-check', ...trust];
    const server = spawn(node, [entry, ...common, ...flags], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    try {
      await listening(server);
      const browser = await launchBrowser();
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      page.setDefaultTimeout(TIMEOUT);
      const opened = path.join(root, options.folder ?? '');
      await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(opened)}`);
      return new CodeServer(folder, root, server, browser, page);
    } catch (error) {
      await end(server);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await end(this.server);
    await fs.rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  file(relative: string): string {
    return path.join(this.root, relative);
  }

  read(relative: string): Promise<string> {
    return fs.readFile(this.file(relative), 'utf8');
  }
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    timeout: TIMEOUT,
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
}

/** Ends a server and what it has started. */
async function end(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) {
    return;
  }
  const exit = once(server, 'exit');
  process.kill(-server.pid, 'SIGTERM');
  await exit;
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('there is no free port');
  }
  return address.port;
}

/** Waits until the server listens. */
async function listening(server: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const append = (data: Buffer): void => {
      output += data.toString();
      if (output.includes('HTTP server listening')) {
        resolve();
      }
    };
    server.stdout?.on('data', append);
    server.stderr?.on('data', append);
    server.on('exit', (code) => reject(new Error(`code-server exited with ${code}: ${output}`)));
  });
}
