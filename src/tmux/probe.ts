import { stat } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import type { Connect } from '../core/observation.ts';

/** The longest path that fits into a socket address on Linux, in bytes. */
export const MAX_SOCKET_PATH = 107;

/** Asks the kernel whether anything listens on a socket path, by a connection that is closed at once: 0.1 ms, no process, and harmless to the server. It never rejects. */
export async function probeSocket(socket: string): Promise<Connect> {
  const found = CONNECT_OF[await connectError(socket)] ?? 'failed';
  return found === 'refused' && !(await isSocket(socket)) ? 'not_a_socket' : found;
}

const CONNECT_OF: Readonly<Record<string, Connect>> = {
  '': 'accepted',
  ECONNREFUSED: 'refused',
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  // The backlog of a stopped server is full: it lives.
  EAGAIN: 'busy',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOTSOCK: 'not_a_socket',
  EPROTOTYPE: 'not_a_socket',
};

function connectError(path: string): Promise<string> {
  return new Promise((resolve) => {
    const connection = connectSocket({ path });
    connection.once('connect', () => {
      connection.destroy();
      resolve('');
    });
    connection.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  });
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch {
    // Gone since the probe: what refused was a socket, as far as anybody can say.
    return true;
  }
}
