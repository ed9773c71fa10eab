import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/** A proxy that answered a request itself, in place of the receiver. */
export class ProxyAnswer extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the proxy answered ${status}`);
    this.status = status;
  }
}

/** Sends a CONNECT request to a proxy, and gives the connection to the target that the proxy opened. */
export function openTunnel(sent: ClientRequest): Promise<Socket> {
  return new Promise((resolve, reject) => {
    sent.once('connect', (response, socket, head) => {
      const { statusCode: status = 0 } = response;
      // Errors are reported by the TLS connection that goes through it.
      socket.on('error', () => {});
      if (status >= 200 && status < 300 && head.length === 0) return resolve(socket);
      socket.destroy();
      reject(new ProxyAnswer(status));
    });
    sent.on('error', reject);
    sent.end();
  });
}
