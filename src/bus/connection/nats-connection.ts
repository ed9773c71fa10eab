import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  headers as emptyHeaders,
  type Msg,
  type NatsConnection,
  nkeyAuthenticator,
  PermissionViolationError,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { Alarm, type BusClock } from '../bus-clock.ts';
import type { BusAccess, BusLogin } from './credentials.ts';
import type { Refused, Unreachable } from './stream-answer.ts';
import { versionProblem } from './version.ts';

const ANSWER_MS = 2_000;
const CONNECT_MS = 2_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** What was answered to a request, or why nothing was. */
export type Reply = { readonly kind: 'reply'; readonly message: Msg } | Unreachable | Refused;

/** Gets what happens to the connection. */
export interface ConnectionObserver {
  readonly onUp: (server: string) => void;
  /** Called once for each outage, and for each other problem of it. */
  readonly onDown: (problem: string) => void;
}

/** The options of the client for a bus. */
export function connectionOptions({ servers, login, tls, name, inboxPrefix }: BusAccess): ConnectionOptions {
  return {
    servers: [...servers],
    name,
    inboxPrefix,
    authenticator: authenticatorsOf(login),
    ...(tls && { tls: withoutNulls(tls) }),
    timeout: CONNECT_MS,
    pingInterval: 3_000,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    // A key that was revoked can be allowed again.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  };
}

function authenticatorsOf(login: BusLogin): Authenticator[] {
  const encoded = (text: string) => new TextEncoder().encode(text);
  switch (login.kind) {
    case 'none':
      return [];
    case 'nkey':
      return [nkeyAuthenticator(encoded(login.seed))];
    case 'creds':
      return [credsAuthenticator(encoded(login.text))];
    case 'password':
      return [usernamePasswordAuthenticator(login.username, login.password)];
  }
}

function withoutNulls(values: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

/** A connection to the bus that is made again for ever, until it is closed. Requests fail while there is none. */
export class BusConnection {
  readonly #access: BusAccess;
  readonly #observer: ConnectionObserver;
  readonly #alarm: Alarm;
  #connection: NatsConnection | null = null;
  #isUp = false;
  #problem = 'not connected yet';
  #isClosed = false;
  readonly #ended: Promise<void>;

  constructor(access: BusAccess, observer: ConnectionObserver, clock: BusClock) {
    this.#access = access;
    this.#observer = observer;
    this.#alarm = new Alarm(clock);
    this.#ended = this.#run();
  }

  /** Whether a server is connected that can be used. */
  get isUp(): boolean {
    return this.#isUp && this.versionProblem === null;
  }

  /** Why the connected server cannot be used; null if it can. */
  get versionProblem(): string | null {
    return versionProblem(this.#connection?.info?.version ?? '');
  }

  /** The client, if a server is connected that can be used. */
  get client(): NatsConnection | null {
    return this.isUp ? this.#connection : null;
  }

  /** Asks, and waits 2 s for the answer. */
  async request(subject: string, payload: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    if (!this.#connection || !this.#isUp) return { kind: 'unreachable', problem: this.#problem };
    const problem = this.versionProblem;
    if (problem !== null) return { kind: 'refused', reason: 'version', problem };
    try {
      const options = { timeout: ANSWER_MS, headers: headersOf(headers) };
      return { kind: 'reply', message: await this.#connection.request(subject, payload, options) };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Changes to another server. */
  reconnect(): void {
    if (this.#isUp) this.#connection?.reconnect().catch(() => {});
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#alarm.ring();
    await this.#connection?.close();
    await this.#ended;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isClosed; failures++) {
      if (await this.#holdConnection()) failures = 0;
      if (!this.#isClosed) await this.#alarm.wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
    }
  }

  /** Connects and holds the connection until it is closed. Gives whether there was one. */
  async #holdConnection(): Promise<boolean> {
    try {
      const connection = await connect(connectionOptions(this.#access));
      if (this.#isClosed) await connection.close();
      else await this.#follow(connection);
      return true;
    } catch (error) {
      this.#down(textOf(error));
      return false;
    }
  }

  async #follow(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    this.#up(connection);
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') this.#up(connection);
      if (status.type === 'disconnect') this.#down('the connection was lost');
    }
    this.#down(textOf((await connection.closed()) ?? 'the connection was closed'));
    this.#connection = null;
  }

  #up(connection: NatsConnection): void {
    this.#isUp = true;
    this.#problem = '';
    this.#observer.onUp(connection.getServer());
  }

  #down(problem: string): void {
    this.#isUp = false;
    if (this.#isClosed || problem === this.#problem) return;
    this.#problem = problem;
    this.#observer.onDown(problem);
  }
}

function headersOf(entries: Readonly<Record<string, string>>) {
  const headers = emptyHeaders();
  for (const [name, value] of Object.entries(entries)) headers.set(name, value);
  return headers;
}

function failureOf(error: unknown): Unreachable | Refused {
  const problem = textOf(error);
  const cause = error instanceof Error ? error.cause : null;
  if (error instanceof PermissionViolationError || cause instanceof PermissionViolationError)
    return { kind: 'refused', reason: 'permission', problem };
  if (/max_payload/i.test(problem)) return { kind: 'refused', reason: 'too_large', problem };
  return { kind: 'unreachable', problem };
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== error.message
    ? `${error.message} (${error.cause.message})`
    : error.message;
}
