import type { Saying } from '../../core/model/observation.ts';

/** The stderr of a tmux client that ended with an error. */
export interface FailedClient {
  readonly socket: string;
  readonly stderr: string;
}

/**
 * Whether a client reports that no server listens on its socket. No other code knows tmux's texts for this.
 *
 * It is valid only for our own read-only commands: `source-file` or a bad target print the same words about live servers. It never
 * proves a death: a client says the same about a live server whose socket file was deleted.
 */
export function isServerGone(err: FailedClient): boolean {
  const said = sayingOf(err);
  return said === 'no_server' || said === 'no_socket';
}

/** Classifies the error of a failed client. Only whole lines of its stderr count: a longer line may contain the same words. */
export function sayingOf({ socket, stderr }: FailedClient): Saying {
  for (const line of stderr.split('\n')) {
    const said = sayingOfLine(line.trimEnd(), socket);
    if (said) return said;
  }
  return 'other';
}

// The texts of tmux's client.c and tmux.c, 2.9 to 3.7. They do not follow the locale.
function sayingOfLine(line: string, socket: string): Saying | null {
  switch (line) {
    case `no server running on ${socket}`:
    case `error connecting to ${socket} (Connection refused)`:
      return 'no_server';
    case `error connecting to ${socket} (No such file or directory)`:
      return 'no_socket';
    case `error connecting to ${socket} (Permission denied)`:
    case 'access not allowed':
      return 'permission';
    case 'server exited unexpectedly':
    case 'lost server':
      return 'lost_server';
    case 'no current target':
      return 'no_target';
    default:
      return line.startsWith('protocol version mismatch (client ') ? 'protocol_mismatch' : null;
  }
}
