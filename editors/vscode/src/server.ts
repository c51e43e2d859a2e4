// Life cycle of the server: started once there is a checkout, restarted when it dies; and the
// requests to it.

import { type ChildProcess, spawn } from 'node:child_process';
import * as vscode from 'vscode';
import {
  CancellationToken,
  CloseAction,
  type ErrorHandler,
  LanguageClient,
  type LanguageClientOptions,
  type RequestType,
  type RequestType0,
  State,
  type StreamInfo,
} from 'vscode-languageclient/node';
import { DOCUMENT_SELECTOR } from './documentSelector';
import { showError } from './notifications';
import { plainMessage } from './plainText';
import { findProgram, type Program, ProgramNotFoundError } from './program';
import {
  type ChangeReport,
  CLIENT_COMMANDS,
  ExecuteCommandRequest,
  ImagesChangedNotification,
  SERVER_COMMANDS,
} from './protocol';

export type ServerState = 'stopped' | 'starting' | 'running' | 'failed';

/** Number of crashes within three minutes after which the server is no longer restarted. */
const MAX_RESTARTS = 4;

/** Milliseconds that the server may take to start. */
const START_TIMEOUT = 60_000;

/** Milliseconds that the server may take to stop. */
const STOP_TIMEOUT = 2_000;

/** Client that shows no errors until the server has started: `Server` shows one for all of them. */
class Client extends LanguageClient {
  hasStarted = false;

  override error(message: string, data?: unknown, show?: boolean | 'force'): void {
    super.error(plainMessage(message), data, this.hasStarted ? show : false);
  }
}

/** Files that the user is about to delete. */
export interface Deletion {
  files: readonly vscode.Uri[];
  /** Requests the edit that goes with it. */
  requestEdit: () => Thenable<vscode.WorkspaceEdit | null | undefined>;
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** Extensions with an outline of Bash. */
const BASH_EXTENSIONS = ['mads-hartmann.bash-ide-vscode'];

/** Returns whether scripts get an outline: not where they have one. */
function outlineSetting(): 'always' | 'never' {
  const isThere = (id: string): boolean => vscode.extensions.getExtension(id) !== undefined;
  return BASH_EXTENSIONS.some(isThere) ? 'never' : 'always';
}

/** Returns whether an extension knows Nix, and colours it. */
function knowsNix(): boolean {
  interface Contributions {
    contributes?: { languages?: { id?: string }[] };
  }
  return vscode.extensions.all.some((extension) => {
    const { contributes } = extension.packageJSON as Contributions;
    return contributes?.languages?.some((language) => language.id === 'nix') ?? false;
  });
}

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private child: ChildProcess | undefined;
  /** Last start or stop: they run one after the other. */
  private lastTransition: Promise<void> = Promise.resolve();
  private readonly stateEmitter = new vscode.EventEmitter<ServerState>();
  private readonly imagesEmitter = new vscode.EventEmitter<void>();

  readonly onDidChangeState = this.stateEmitter.event;
  /** Event that fires when the state of some image may have changed. */
  readonly onDidChangeImages = this.imagesEmitter.event;

  state: ServerState = 'stopped';
  /** Reason of the state `failed`. */
  reason = '';
  program: Program | undefined;
  /** Returns the edit that goes with a deletion. */
  willDelete: (deletion: Deletion) => Thenable<vscode.WorkspaceEdit | null | undefined> = ({ requestEdit }) =>
    requestEdit();

  constructor(
    private readonly extension: vscode.Uri,
    readonly log: vscode.LogOutputChannel,
  ) {}

  /** Starts the server unless it is running. Failures are shown to the user. */
  start(): Promise<void> {
    return this.enqueue(() => this.startClient());
  }

  /** Restarts the server, even if it hangs. */
  restart(): Promise<void> {
    this.killUnlessRunning();
    return this.enqueue(async () => {
      await this.stopClient();
      await this.startClient();
    });
  }

  stop(): Promise<void> {
    this.killUnlessRunning();
    return this.enqueue(() => this.stopClient());
  }

  dispose(): void {
    void this.stop();
    this.stateEmitter.dispose();
    this.imagesEmitter.dispose();
  }

  private enqueue(transition: () => Promise<void>): Promise<void> {
    this.lastTransition = this.lastTransition.then(transition).catch((error: unknown) => this.log.error(String(error)));
    return this.lastTransition;
  }

  /** Kills a server that is starting: it may hang, and nobody is to wait for it. */
  private killUnlessRunning(): void {
    if (this.state !== 'running') {
      this.child?.kill('SIGKILL');
    }
  }

  sendRequest<R>(type: RequestType0<R, void>): Promise<R>;
  sendRequest<P, R>(type: RequestType<P, R, void>, params: P): Promise<R>;
  async sendRequest<P, R>(type: RequestType0<R, void> | RequestType<P, R, void>, params?: P): Promise<R> {
    if (!this.client?.isRunning()) {
      throw new Error(this.reason || 'The Image Scripts server is not running: restart it, or see its log');
    }
    return params === undefined
      ? this.client.sendRequest<R>(type.method)
      : this.client.sendRequest<R>(type.method, params);
  }

  /** Has the server carry out one of its commands. */
  executeCommand(command: string, arguments_: object): Promise<ChangeReport> {
    return this.sendRequest(ExecuteCommandRequest, { command, arguments: [arguments_] });
  }

  /** Returns what a command would change, or the error that it would end with. */
  async dryRun(command: string, arguments_: object): Promise<ChangeReport | Error> {
    try {
      return await this.executeCommand(command, { ...arguments_, dryRun: true });
    } catch (error) {
      return asError(error);
    }
  }

  /** Has the server read its settings again. */
  reloadSettings(): void {
    if (this.client?.isRunning()) {
      void this.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    }
    this.imagesEmitter.fire();
  }

  get converter(): LanguageClient['protocol2CodeConverter'] | undefined {
    return this.client?.protocol2CodeConverter;
  }

  private setState(state: ServerState, reason = ''): void {
    this.state = state;
    this.reason = reason;
    this.stateEmitter.fire(state);
  }

  private async startClient(): Promise<void> {
    if (this.client !== undefined) {
      return;
    }
    this.setState('starting');
    // A server that crashes is restarted by the client; one that never started is not.
    const errorHandler: ErrorHandler = {
      error: (...arguments_) => defaultHandler.error(...arguments_),
      closed: () => (client.hasStarted ? defaultHandler.closed() : { action: CloseAction.DoNotRestart, handled: true }),
    };
    const options = { ...this.clientOptions(), errorHandler, initializationFailedHandler: () => false };
    // The client does not always notice that a server exits before it answers.
    let onExit: (reason: Error) => void = () => undefined;
    const exit = new Promise<never>((_, reject) => {
      onExit = reject;
    });
    const client = new Client('imageScripts', 'Image Scripts', () => this.spawn(onExit), options);
    const defaultHandler = client.createDefaultErrorHandler(MAX_RESTARTS);
    this.client = client;
    client.onNotification(ImagesChangedNotification, () => this.imagesEmitter.fire());
    client.onDidChangeState(({ newState }) => this.onClientState(client, newState));
    exit.catch(() => undefined);
    const timeout = setTimeout(() => this.child?.kill('SIGKILL'), START_TIMEOUT);
    try {
      await Promise.race([client.start(), exit]);
      client.hasStarted = true;
    } catch (error) {
      const { message } = asError(error);
      const reason = error instanceof ProgramNotFoundError ? message : `The server failed to start: ${message}`;
      await this.stopClient();
      this.setState('failed', reason);
      this.log.error(reason);
      void this.showStartError(reason);
    } finally {
      clearTimeout(timeout);
    }
  }

  private onClientState(client: LanguageClient, state: State): void {
    if (this.client !== client) {
      return;
    }
    switch (state) {
      case State.Running:
        this.setState('running');
        break;
      case State.Starting:
        this.setState('starting');
        break;
      case State.Stopped:
      case State.StartFailed:
        this.setState('failed', 'The Image Scripts server has stopped: restart it, or see its log');
        break;
    }
  }

  /** Stops the server, whatever state it is in. */
  private async stopClient(): Promise<void> {
    const { client, child } = this;
    this.client = undefined;
    this.child = undefined;
    // A client that never started rejects both.
    const ignore = (error: unknown): void => this.log.debug(`stopping: ${String(error)}`);
    await client?.stop(STOP_TIMEOUT).catch(ignore);
    await client?.dispose(STOP_TIMEOUT).catch(ignore);
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
    }
    this.setState('stopped');
  }

  private async showStartError(reason: string): Promise<void> {
    const chosen = await showError(reason, 'Show Log', 'Open Settings');
    if (chosen === 'Show Log') {
      this.log.show();
    } else if (chosen === 'Open Settings') {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'imageScripts.server.path');
    }
  }

  private async spawn(onExit: (reason: Error) => void): Promise<StreamInfo> {
    const program = await findProgram(this.extension);
    this.program = program;
    this.log.info(`${program.path}: ${program.version}`);
    const child = spawn(program.path, ['lsp'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    child.on('error', (error) => {
      this.log.error(`${program.path}: ${error.message}`);
      onExit(error);
    });
    child.on('exit', (code, signal) => {
      const message = `the server exited with ${signal ?? `status ${code}`}`;
      if (code !== 0) {
        this.log.warn(message);
      }
      onExit(new Error(message));
    });
    child.stderr.setEncoding('utf8');
    // Only what the server cannot log as a message, such as a panic.
    child.stderr.on('data', (text: string) => this.log.debug(text.trimEnd()));
    return { reader: child.stdout, writer: child.stdin };
  }

  private clientOptions(): LanguageClientOptions {
    return {
      documentSelector: DOCUMENT_SELECTOR,
      outputChannel: this.log,
      traceOutputChannel: this.log,
      diagnosticCollectionName: 'image-scripts',
      markdown: { isTrusted: false, supportHtml: false },
      synchronize: { configurationSection: 'imageScripts' },
      initializationOptions: () => ({
        commands: [...Object.values(SERVER_COMMANDS), ...Object.values(CLIENT_COMMANDS)],
        imagesChanged: true,
        ruleDocuments: true,
        nixTokens: !knowsNix(),
        bash: vscode.workspace.isTrusted,
      }),
      middleware: {
        workspace: {
          // What the server cannot know: Restricted Mode, in which it must not run programs, and other extensions.
          configuration: async (params, token, next) => {
            const values = await next(params, token);
            if (!Array.isArray(values)) {
              return values;
            }
            return values.map((value: unknown) =>
              value !== null && typeof value === 'object'
                ? {
                    ...value,
                    ...(vscode.workspace.isTrusted ? {} : { bash: false, shellcheck: false }),
                    ...('outline' in value && value.outline === 'auto' ? { outline: outlineSetting() } : {}),
                  }
                : value,
            );
          },
          willDeleteFiles: (event, next) => this.willDelete({ files: event.files, requestEdit: () => next(event) }),
          // As a refactoring, so that VS Code saves the files (`files.refactoring.autoSave`).
          handleApplyEdit: (params, next) =>
            next({ ...params, metadata: { isRefactoring: true } }, CancellationToken.None),
        },
      },
    };
  }
}
