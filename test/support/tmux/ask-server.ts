import { createAsking } from '../../../src/tmux/asking.ts';
import { holdSocket } from '../../../src/tmux/protocol/held-socket.ts';
import { type QueryResult, type QueryTarget, queryServer } from '../../../src/tmux/query/server-query.ts';

const ownUid = process.getuid?.() ?? null;

const asking = createAsking({
  client: 'protocol',
  binary: 'tmux',
  variables: process.env,
  ownUid,
  pid: process.pid,
  timeoutMs: 10_000,
  executableOf: () => null,
});

/** Asks a server for everything, as the daemon does. */
export async function askServer(
  socket: string,
  target: Pick<QueryTarget, 'details' | 'last'> = {},
): Promise<QueryResult> {
  const held = holdSocket(socket, ownUid);
  if (held.kind !== 'held') throw new Error(`expected a socket at ${socket}, found ${held.kind}`);
  try {
    return await queryServer(asking(socket, held), { socket, known: null, ...target });
  } finally {
    held.release();
  }
}
