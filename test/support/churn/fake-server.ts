import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { ProcessMark } from '../../../src/core/observation.ts';

/** A window of a fake server; it is linked into each of its sessions. */
interface FakeWindow {
  readonly sessions: Set<string>;
  readonly panes: Set<string>;
}

/** What is in a fake server: its truth, which nobody else keeps. */
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
  #lives = true;

  constructor(socket: string, pid: number) {
    this.socket = socket;
    this.process = { pid, start: String(pid) };
  }

  get lives(): boolean {
    return this.#lives;
  }

  die(): void {
    this.#lives = false;
  }

  /** What a client prints for a command with formats, in the grammar of tmux. */
  answer(command: readonly string[]): string {
    return splitCommands(command)
      .flatMap(([name = '', ...words]) => {
        const format = words.at(-1)?.split(FIELD) ?? [];
        return this.#rows(name).map((fields) => `${expand(format, fields)}\n`);
      })
      .join('');
  }

  #rows(command: string): Fields[] {
    switch (command) {
      case 'display-message':
        return [{ pid: String(this.process.pid), start_time: String(STARTED_AT), version: '3.5a' }];
      case 'list-sessions':
        return Array.from(this.content.sessions, ([session_id, session_name]) => ({
          session_id,
          session_name,
          session_group: '',
          session_created: String(STARTED_AT),
          session_last_attached: '',
        }));
      case 'list-windows':
        return this.#links().map(({ window, session }) => ({
          window_id: window,
          session_id: session,
          window_name: 'sh',
        }));
      case 'list-panes':
        return this.#links().flatMap(({ window, panes }) =>
          Array.from(panes, (pane_id) => ({ pane_id, window_id: window, pane_current_command: 'sh' })),
        );
      default:
        return [];
    }
  }

  /** tmux lists a window, and its panes, once for each session that it is linked into. */
  #links() {
    return Array.from(this.content.windows, ([window, { sessions, panes }]) =>
      Array.from(sessions, (session) => ({ window, session, panes })),
    ).flat();
  }
}

/** Listens on a path as a server does; who connects is let go. */
export async function listenOn(path: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy());
  await once(server.listen(path), 'listening');
  return server;
}

function splitCommands(words: readonly string[]): string[][] {
  const commands: string[][] = [[]];
  for (const word of words) {
    if (word === ';') commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

/** Every second part of a format that is split by this is the name of a field. */
const FIELD = /#\{|\}/;

/** A number that nothing is known of is 0. */
function expand(format: readonly string[], fields: Fields): string {
  let text = '';
  for (const [at, part] of format.entries()) text += at % 2 === 0 ? part : (fields[part] ?? '0');
  return text;
}
