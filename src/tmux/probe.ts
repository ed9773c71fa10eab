import { stat } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { systemPath } from '../core/byte-path.ts';
import type { Connect } from '../core/model/observation.ts';
import { connectOf } from './protocol/connection.ts';
import { holdSocket } from './protocol/held-socket.ts';

/** The longest path that fits into a socket address on Linux, in bytes. */
export const MAX_SOCKET_PATH = 107;

/** Checks whether anything listens on a socket path, with a connection that is closed immediately: 0.1 ms, and harmless to the server. It never rejects. */
export async function probeSocket(socket: string): Promise<Connect> {
  if (typeof systemPath(socket) !== 'string') return probeHeld(socket);
  const found = await tryToConnect(socket);
  return found === 'refused' && !(await isSocket(socket)) ? 'not_a_socket' : found;
}

/** Probes a socket whose path cannot be given as text. */
async function probeHeld(socket: string): Promise<Connect> {
  const held = holdSocket(socket, null);
  if (held.kind === 'absent' || held.kind === 'not_a_socket') return held.kind;
  if (held.kind !== 'held') return 'failed';
  try {
    return await tryToConnect(held.path);
  } finally {
    held.release();
  }
}

function tryToConnect(path: string): Promise<Connect> {
  return new Promise((resolve) => {
    const connection = connectSocket({ path });
    connection.once('connect', () => {
      connection.destroy();
      resolve('accepted');
    });
    connection.once('error', (error: NodeJS.ErrnoException) => resolve(connectOf(error.code)));
  });
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    // It is gone since the probe; it was probably a socket.
    return true;
  }
}
