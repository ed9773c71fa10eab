import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { ProcessMark } from '../../../src/core/model/observation.ts';

/** A window of a fake server; it is linked into each of its sessions. */
interface FakeWindow {
  readonly sessions: Set<string>;
  readonly panes: Set<string>;
}

/** The content of a fake server: the only place that knows it. */
export interface FakeContent {
  /** Names by id. */
  readonly sessions: Map<string, string>;
  readonly windows: Map<string, FakeWindow>;
}

type Fields = Readonly<Record<string, string>>;

const STARTED_AT = 1_700_000_000;

/** One life of a tmux server that is none: it listens on a real socket, and answers the query out of its content. */
export class FakeServer {
  readonly socket: string;
  readonly process: ProcessMark;
  readonly content: FakeContent = { sessions: new Map(), windows: new Map() };
  readonly #startedAt: number;
  #lives = true;

  constructor(socket: string, pid: number, startedAt = STARTED_AT) {
    this.socket = socket;
    this.#startedAt = startedAt;
    this.process = { pid, start: String(pid) };
  }

  get lives(): boolean {
    return this.#lives;
  }

  die(): void {
    this.#lives = false;
  }

  /** The output of a client for a command with a format, in tmux's grammar. */
  answer([name = '', ...words]: readonly string[]): string {
    const format = words.at(-1) ?? '';
    return this.#rows(name)
      .map((fields) => `${expand(format, fields)}\n`)
      .join('');
  }

  #rows(command: string): Fields[] {
    const server = { pid: String(this.process.pid), start_time: String(this.#startedAt), version: '3.5a' };
    switch (command) {
      case 'display-message':
        return [server];
      case 'list-panes':
        return this.#panes().map((pane) => ({ ...server, ...pane }));
      // Nobody is ever attached.
      default:
        return [];
    }
  }

  /** tmux lists the panes of a window once for each session that the window is linked into; the first window of a session and the first pane of a window are the active ones. */
  #panes(): Fields[] {
    const rows: Fields[] = [];
    for (const [session_id, session_name] of this.content.sessions) {
      const windows = [...this.content.windows].filter(([, { sessions }]) => sessions.has(session_id));
      for (const [at, [window_id, { panes }]] of windows.entries()) {
        const window = { session_id, session_name, ...SESSION, window_id, window_name: 'sh', window_active: flag(at) };
        for (const [index, pane_id] of [...panes].entries())
          rows.push({ ...window, pane_id, pane_active: flag(index), pane_current_command: 'sh' });
      }
    }
    return rows;
  }
}

const SESSION: Fields = { session_group: '', session_created: String(STARTED_AT), session_last_attached: '' };

/** The first one is active. */
function flag(at: number): string {
  return at === 0 ? '1' : '0';
}

/** Listens on a path as a server does; who connects is let go. */
export async function listenOn(path: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy());
  await once(server.listen(path), 'listening');
  return server;
}

/** Variables that have a letter. */
const LONG_NAMES: Fields = { S: 'session_name', W: 'window_name', I: 'window_index', D: 'pane_id', T: 'pane_title' };

/** Expands `#{name}`, `#S` and `#{?name,then,else}` as tmux does; a number that nothing is known of is 0. */
function expand(format: string, fields: Fields): string {
  let text = '';
  let rest = format;
  for (let at = rest.indexOf('#'); at >= 0; at = rest.indexOf('#')) {
    text += rest.slice(0, at);
    const isLetter = rest[at + 1] !== '{';
    const end = isLetter ? at + 1 : closing(rest, at + 2);
    const name = isLetter ? (LONG_NAMES[rest[end] ?? ''] ?? '') : rest.slice(at + 2, end);
    text += name.startsWith('?') ? choose(name.slice(1), fields) : (fields[name] ?? '0');
    rest = rest.slice(end + 1);
  }
  return text + rest;
}

function choose(choice: string, fields: Fields): string {
  const [name = '', then = '', otherwise = ''] = choicesOf(choice);
  return expand((fields[name] ?? '0') === '0' ? otherwise : then, fields);
}

/** Where the brace closes that was opened before `from`. */
function closing(format: string, from: number): number {
  let depth = 1;
  for (let at = from; at < format.length; at++) {
    if (format[at] === '{') depth++;
    if (format[at] === '}' && --depth === 0) return at;
  }
  throw new Error(`expected a format, found ${format}`);
}

/** The parts between the commas that stand in no inner format. */
function choicesOf(choice: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const character of choice) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop()}${character}`);
  }
  return parts;
}
