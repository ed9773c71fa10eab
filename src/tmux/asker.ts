import { createProtocolClient } from './protocol/client.ts';
import { holdSocket, type OwnUid } from './protocol/held-socket.ts';

/** What {@link createAsker} needs. */
export interface AskerOptions {
  readonly ownUid: OwnUid;
  /** Our own pid. */
  readonly pid: number;
  readonly timeoutMs: number;
}

/** Creates a way to run single commands on the servers of one's own sockets. It gives their stdout; null if a command failed, or if the socket is somebody else's. */
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
