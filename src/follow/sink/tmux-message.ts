import type { KnownServer } from '../feed/known-server.ts';
import type { Notice } from '../notice/notice.ts';

/** Options of {@link createTmuxMessage}. */
export interface TmuxMessageOptions {
  /** The name of this machine. */
  readonly host: string;
  /** The living servers, including those that the filters leave out. */
  readonly living: () => Promise<readonly KnownServer[]>;
  /** Runs a command on the server of a socket, as tmux would. Returns its stdout; null if it failed, or if the socket belongs to another user. */
  readonly ask: (socket: string, command: readonly string[]) => Promise<string | null>;
}

/** How long a message is shown; a key press ends it. The default of tmux is 0.75 s. */
const SHOWN_MS = 10_000;

/** Creates the sink that shows a notice in the status line of every client of the user's other servers. It works over SSH too, without any setup. */
export function createTmuxMessage(options: TmuxMessageOptions): (notice: Notice) => Promise<void> {
  return async (notice) => {
    const isHere = notice.host === null || notice.host === options.host;
    const others = (await options.living()).filter(({ socket }) => !isHere || socket !== notice.socket);
    await Promise.all(others.map((server) => showOn(server, notice, options)));
  };
}

/** Shows a message on one server. An unreachable server is skipped: the others matter more. */
async function showOn(server: KnownServer, notice: Notice, { ask }: TmuxMessageOptions): Promise<void> {
  const listed = await ask(server.socket, ['list-clients', '-F', '#{client_control_mode} #{client_name}']);
  const lines = listed?.split('\n') ?? [];
  const clients = lines.flatMap((line) => (line.startsWith('0 ') ? [line.slice(2)] : []));
  const duration = hasDuration(server.version) ? ['-d', String(SHOWN_MS)] : [];
  const text = messageText(notice.title);
  await Promise.all(
    clients.map((client) => ask(server.socket, ['display-message', '-c', client, ...duration, '--', text])),
  );
}

/**
 * Escapes a text so that tmux shows it literally. tmux expands a message as a format, in which `#(…)` runs a command, so every `#` is
 * replaced. `%` begins a time format (strftime), and `;` at the end of an argument separates two commands.
 */
export function messageText(title: string): string {
  return title
    .replaceAll('#', '\uff03')
    .replaceAll('%', '%%')
    .replace(/[;\s]+$/, '');
}

/** `display-message -d` came with tmux 3.2. */
function hasDuration(version: string | null): boolean {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 2);
}
