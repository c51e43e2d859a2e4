// The server's life: started once there is a checkout, started again when it dies, asked.

import { spawn, type ChildProcess } from 'node:child_process';
import * as vscode from 'vscode';
import { CancellationToken, LanguageClient, State, type LanguageClientOptions, type StreamInfo } from 'vscode-languageclient/node';
import { SELECTOR } from './places';
import { findProgram, type Program } from './program';
import { CLIENT_COMMANDS, IMAGES_CHANGED, SERVER_COMMANDS, type Change } from './protocol';

export type Health = 'stopped' | 'starting' | 'running' | 'failed';

/** How often the server may die in three minutes before it is left alone. */
const MAX_RESTARTS = 4;

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private child: ChildProcess | undefined;
  private starting: Promise<void> | undefined;
  private readonly healthEmitter = new vscode.EventEmitter<Health>();
  private readonly imagesEmitter = new vscode.EventEmitter<void>();

  /** It started, stopped or failed. */
  readonly onDidChangeHealth = this.healthEmitter.event;
  /** Some image may be in another state. */
  readonly onDidChangeImages = this.imagesEmitter.event;

  health: Health = 'stopped';
  /** Why it failed. */
  reason = '';
  program: Program | undefined;

  constructor(
    private readonly extension: vscode.Uri,
    readonly log: vscode.LogOutputChannel,
  ) {}

  /** Starts the server, unless it runs. What goes wrong is told to the user. */
  start(): Promise<void> {
    this.starting ??= this.begin().finally(() => (this.starting = undefined));
    return this.starting;
  }

  async restart(): Promise<void> {
    await this.starting;
    await this.stop();
    await this.start();
  }

  async stop(): Promise<void> {
    const { client, child } = this;
    this.client = undefined;
    this.child = undefined;
    if (client?.needsStop()) {
      try {
        await client.stop();
      } catch (error) {
        this.log.warn(`the server did not stop by itself: ${String(error)}`);
      }
    }
    await client?.dispose();
    child?.kill();
    this.setHealth('stopped');
  }

  dispose(): void {
    void this.stop();
    this.healthEmitter.dispose();
    this.imagesEmitter.dispose();
  }

  /** Asks the server. */
  async ask<Answer>(method: string, params?: object): Promise<Answer> {
    if (!this.client?.isRunning()) {
      throw new Error(this.reason || 'The server of Image Scripts is not running: see its log');
    }
    return params === undefined
      ? this.client.sendRequest<Answer>(method)
      : this.client.sendRequest<Answer>(method, params);
  }

  /** Has the server carry out one of its commands. */
  execute(command: string, arguments_: object): Promise<Change> {
    return this.ask<Change>('workspace/executeCommand', { command, arguments: [arguments_] });
  }

  /** Has the server ask for its settings again. */
  settingsChanged(): void {
    if (this.client?.isRunning()) {
      void this.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    }
    this.imagesEmitter.fire();
  }

  get converter(): LanguageClient['protocol2CodeConverter'] | undefined {
    return this.client?.protocol2CodeConverter;
  }

  private setHealth(health: Health, reason = ''): void {
    this.health = health;
    this.reason = reason;
    this.healthEmitter.fire(health);
  }

  private async begin(): Promise<void> {
    if (this.client?.needsStop()) {
      return;
    }
    this.setHealth('starting');
    const client = new LanguageClient('imageScripts', 'Image Scripts', () => this.spawn(), this.options());
    this.client = client;
    client.onDidChangeState(({ newState }) => {
      if (this.client !== client) {
        return;
      }
      if (newState === State.Running) {
        this.setHealth('running');
      } else if (newState === State.Starting) {
        this.setHealth('starting');
      } else if (newState === State.Stopped) {
        this.setHealth('stopped', 'The server of Image Scripts has stopped: see its log, or restart it');
      }
    });
    client.onNotification(IMAGES_CHANGED, () => this.imagesEmitter.fire());
    try {
      await client.start();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.client = undefined;
      this.setHealth('failed', reason);
      this.log.error(reason);
      void this.tell(reason);
    }
  }

  private async tell(reason: string): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(reason, 'Show Log', 'Open Settings');
    if (chosen === 'Show Log') {
      this.log.show();
    } else if (chosen === 'Open Settings') {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'imageScripts.server.path');
    }
  }

  private async spawn(): Promise<StreamInfo> {
    const program = await findProgram(this.extension);
    this.program = program;
    this.log.info(`${program.path}: ${program.version}`);
    const child = spawn(program.path, ['lsp'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    child.on('error', (error) => this.log.error(`${program.path}: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (code !== 0) {
        this.log.warn(`the server ended with ${signal ?? `status ${code}`}`);
      }
    });
    child.stderr.setEncoding('utf8');
    // What it logs comes as messages too: this is for what it cannot say any more.
    child.stderr.on('data', (text: string) => this.log.debug(text.trimEnd()));
    return { reader: child.stdout, writer: child.stdin };
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: SELECTOR,
      outputChannel: this.log,
      traceOutputChannel: this.log,
      diagnosticCollectionName: 'image-scripts',
      connectionOptions: { maxRestartCount: MAX_RESTARTS },
      synchronize: { configurationSection: 'imageScripts' },
      initializationOptions: () => ({
        commands: [...Object.values(SERVER_COMMANDS), ...Object.values(CLIENT_COMMANDS)],
        imagesChanged: true,
        bash: vscode.workspace.isTrusted,
      }),
      middleware: {
        workspace: {
          // In Restricted Mode no program is run.
          configuration: async (params, token, next) => {
            const values = await next(params, token);
            if (!Array.isArray(values)) {
              return values;
            }
            return values.map((value: unknown) =>
              value !== null && typeof value === 'object' && !vscode.workspace.isTrusted
                ? { ...value, bash: false }
                : value,
            );
          },
          // A change of several files is a refactoring: VS Code saves what it did, as the setting
          // `files.refactoring.autoSave` has it.
          handleApplyEdit: (params, next) =>
            next({ ...params, metadata: { isRefactoring: true } }, CancellationToken.None),
        },
      },
    };
  }
}
