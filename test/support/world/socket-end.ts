import type { Socket } from 'node:net';

/**
 * Settles when a connection has ended, in whatever way: a peer that closes with bytes unread resets it. `once` would
 * reject then.
 */
export function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => {}).once('close', () => resolve());
  });
}
