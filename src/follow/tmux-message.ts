import type { RunCommand } from './command.ts';
import type { Notice } from './notice.ts';
import type { KnownServer } from './server.ts';

/** How notices reach the clients of living servers. */
export interface TmuxMessageOptions {
  /** Name or path of the tmux binary. */
  readonly binary: string;
  /** PATH, to find it. */
  readonly path: string;
  /** The servers that live, also those that nobody asked to be told of. */
  readonly living: () => Promise<readonly KnownServer[]>;
  /** Whether a socket may be talked to: only one's own, in a folder of one's own. */
  readonly mayTalkTo: (socket: string) => Promise<boolean>;
  readonly run: RunCommand;
}

const TIMEOUT_MS = 5_000;

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
async function showOn(server: KnownServer, notice: Notice, options: TmuxMessageOptions): Promise<void> {
  const { binary, path, mayTalkTo, run } = options;
  if (!(await mayTalkTo(server.socket))) return;
  const tmux = (...command: string[]) => {
    const args = ['-u', '-S', server.socket, ...command];
    return run({ file: binary, args, env: { PATH: path }, stdin: null, output: 'capture', timeoutMs: TIMEOUT_MS });
  };
  const listed = await tmux('list-clients', '-F', '#{client_control_mode} #{client_name}');
  if (listed.kind !== 'exited' || listed.code !== 0) return;
  const clients = listed.stdout.split('\n').flatMap((line) => (line.startsWith('0 ') ? [line.slice(2)] : []));
  const duration = hasDuration(server.version) ? ['-d', String(SHOWN_MS)] : [];
  const text = messageText(notice.title);
  await Promise.all(clients.map((client) => tmux('display-message', '-c', client, ...duration, '--', text)));
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
