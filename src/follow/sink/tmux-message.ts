import type { KnownServer } from '../feed/known-server.ts';
import type { Notice } from '../notice/notice.ts';

/** How notices reach the clients of living servers. */
export interface TmuxMessageOptions {
  /** The servers that live, also those that nobody asked to be told of. */
  readonly living: () => Promise<readonly KnownServer[]>;
  /** Runs a command on the server of a socket, as tmux would; gives its stdout, and null if it failed or the socket is not one's own. */
  readonly ask: (socket: string, command: readonly string[]) => Promise<string | null>;
}

/** How long a message stands; a key press ends it. tmux itself takes 0.75 s. */
const SHOWN_MS = 10_000;

/** Creates the sink that shows a notice in the status line of every client of the user's other servers: also over SSH, with nothing to set up. */
export function createTmuxMessage(options: TmuxMessageOptions): (notice: Notice) => Promise<void> {
  return async (notice) => {
    const others = (await options.living()).filter(({ socket }) => socket !== notice.socket);
    await Promise.all(others.map((server) => showOn(server, notice, options)));
  };
}

/** A server that cannot be reached is passed over: a message on the others matters more. */
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
 * A text that tmux shows as it is. It takes a message for a format, in which `#(…)` runs a command: no `#` ever gets that far.
 * `%` begins a part of the time (strftime), and `;` at the end of an argument parts two commands.
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
