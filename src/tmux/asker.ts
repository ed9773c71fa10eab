import { createProtocolClient } from './protocol/client.ts';
import { holdSocket, type OwnUid } from './protocol/held-socket.ts';

/** Options of {@link createAsker}. */
export interface AskerOptions {
  readonly ownUid: OwnUid;
  /** Our own pid. */
  readonly pid: number;
  readonly timeoutMs: number;
}

/** Creates a function that runs one command on the server of a socket that belongs to our own user. It returns the stdout of the command; null if the command failed, or if the socket belongs to another user. */
export function createAsker({ ownUid, pid, timeoutMs }: AskerOptions) {
  const run = createProtocolClient({ pid, timeoutMs });
  return async (socket: string, command: readonly string[]): Promise<string | null> => {
    const held = holdSocket(socket, ownUid);
    if (held.kind !== 'held') return null;
    try {
      const end = held.uid === (ownUid ?? held.uid) ? await run(held.path, command) : null;
      return end?.kind === 'exited' && end.code === 0 ? end.stdout : null;
    } finally {
      held.release();
    }
  };
}
