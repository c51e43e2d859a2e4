// The server's life: started once there is a checkout, started again when it dies, asked.

import { type ChildProcess, spawn } from 'node:child_process';
import * as vscode from 'vscode';
import {
  CancellationToken,
  CloseAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  State,
  type StreamInfo,
} from 'vscode-languageclient/node';
import { SELECTOR } from './places';
import { findProgram, NoProgram, type Program } from './program';
import { type Change, CLIENT_COMMANDS, IMAGES_CHANGED, SERVER_COMMANDS } from './protocol';

export type Health = 'stopped' | 'starting' | 'running' | 'failed';

/** How often the server may die in three minutes before it is left alone. */
const MAX_RESTARTS = 4;

/** How long a server may take to begin. */
const TO_BEGIN = 60_000;

/** How long one that is to end may take. */
const TO_END = 2_000;

/** A client that leaves it to us to tell of a server that does not begin, in one message for all. */
class Client extends LanguageClient {
  hasBegun = false;

  override error(message: string, data?: unknown, show?: boolean | 'force'): void {
    super.error(message, data, this.hasBegun ? show : false);
  }
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private child: ChildProcess | undefined;
  /** Starting and stopping, one after the other. */
  private turn: Promise<void> = Promise.resolve();
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
    return this.inTurn(() => this.begin());
  }

  /** Starts it anew, also where it hangs. */
  restart(): Promise<void> {
    this.killUnlessRunning();
    return this.inTurn(async () => {
      await this.end();
      await this.begin();
    });
  }

  stop(): Promise<void> {
    this.killUnlessRunning();
    return this.inTurn(() => this.end());
  }

  dispose(): void {
    void this.stop();
    this.healthEmitter.dispose();
    this.imagesEmitter.dispose();
  }

  private inTurn(body: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(body).catch((error: unknown) => this.log.error(String(error)));
    return this.turn;
  }

  /** Nobody waits for a server that does not begin. */
  private killUnlessRunning(): void {
    if (this.health !== 'running') {
      this.child?.kill('SIGKILL');
    }
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

  /** What would come of a command, or why nothing would. */
  async tryOut(command: string, arguments_: object): Promise<Change | Error> {
    try {
      return await this.execute(command, { ...arguments_, dryRun: true });
    } catch (error) {
      return asError(error);
    }
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
    if (this.client !== undefined) {
      return;
    }
    this.setHealth('starting');
    // The client starts a server that died anew, once one has run: one that does not begin is told of.
    const errorHandler: ErrorHandler = {
      error: (...arguments_) => fallback.error(...arguments_),
      closed: () => (client.hasBegun ? fallback.closed() : { action: CloseAction.DoNotRestart, handled: true }),
    };
    const options = { ...this.options(), errorHandler, initializationFailedHandler: () => false };
    // The client does not always notice that a server has ended before it answered.
    let died: (reason: Error) => void = () => undefined;
    const death = new Promise<never>((_, reject) => (died = reject));
    const spawn = async (): Promise<StreamInfo> => this.spawn(died);
    const client = new Client('imageScripts', 'Image Scripts', spawn, options);
    const fallback = client.createDefaultErrorHandler(MAX_RESTARTS);
    this.client = client;
    client.onNotification(IMAGES_CHANGED, () => this.imagesEmitter.fire());
    client.onDidChangeState(({ newState }) => this.follow(client, newState));
    death.catch(() => undefined);
    const deadline = setTimeout(() => this.child?.kill('SIGKILL'), TO_BEGIN);
    try {
      await Promise.race([client.start(), death]);
      client.hasBegun = true;
    } catch (error) {
      const why = asError(error).message;
      const reason = error instanceof NoProgram ? why : `The server does not start: ${why}`;
      await this.end();
      this.setHealth('failed', reason);
      this.log.error(reason);
      void this.tell(reason);
    } finally {
      clearTimeout(deadline);
    }
  }

  private follow(client: LanguageClient, state: State): void {
    if (this.client !== client) {
      return;
    }
    switch (state) {
      case State.Running:
        this.setHealth('running');
        break;
      case State.Starting:
        this.setHealth('starting');
        break;
      case State.Stopped:
      case State.StartFailed:
        this.setHealth('failed', 'The server of Image Scripts has stopped: see its log, or restart it');
        break;
    }
  }

  /** Ends the server, whatever state it is in. */
  private async end(): Promise<void> {
    const { client, child } = this;
    this.client = undefined;
    this.child = undefined;
    // Of one that never began, both are refused.
    const quietly = (error: unknown): void => this.log.debug(`ending: ${String(error)}`);
    await client?.stop(TO_END).catch(quietly);
    await client?.dispose(TO_END).catch(quietly);
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
    }
    this.setHealth('stopped');
  }

  private async tell(reason: string): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(reason, 'Show Log', 'Open Settings');
    if (chosen === 'Show Log') {
      this.log.show();
    } else if (chosen === 'Open Settings') {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'imageScripts.server.path');
    }
  }

  private async spawn(died: (reason: Error) => void): Promise<StreamInfo> {
    const program = await findProgram(this.extension);
    this.program = program;
    this.log.info(`${program.path}: ${program.version}`);
    const child = spawn(program.path, ['lsp'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    child.on('error', (error) => {
      this.log.error(`${program.path}: ${error.message}`);
      died(error);
    });
    child.on('exit', (code, signal) => {
      const how = `the server ended with ${signal ?? `status ${code}`}`;
      if (code !== 0) {
        this.log.warn(how);
      }
      died(new Error(how));
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
