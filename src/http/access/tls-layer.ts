import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';
import { type ClientCertificates, isWelcome } from './client-certificate.ts';

/** The TLS settings of a server. Texts are in PEM, names are those of OpenSSL. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  /** The authorities of client certificates; null for the system's. */
  readonly ca: string | null;
  readonly clients: ClientCertificates;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Null for the default of Node. */
  readonly ciphers: string | null;
  readonly prefersOwnCiphers: boolean;
  /** Null for the default of Node. */
  readonly curves: string | null;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Turns connections into TLS connections. */
export interface TlsLayer {
  /** Whether every client has shown a certificate of a known authority. */
  readonly knowsClients: boolean;
  /** What every client has had to show, as a text to compare; empty for nothing. */
  readonly demand: string;
  /** Returns the function that accepts connections: it does the handshake, closes those that fail, and passes the others to `onSecure`. */
  acceptor(onSecure: (socket: TLSSocket) => void): (socket: Socket) => void;
}

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** Creates a layer. Throws if the settings cannot be used, such as the key of another certificate. */
export function createTlsLayer(settings: TlsSettings): TlsLayer {
  // Loaded only for TLS: it takes memory and time.
  const { createServer, createSecureContext, DEFAULT_CIPHERS } = createRequire(import.meta.url)(
    'node:tls',
  ) as typeof import('node:tls');
  const { clients } = settings;
  const options: TlsOptions = {
    ...contextOf(settings, DEFAULT_CIPHERS),
    requestCert: clients.kind !== 'none',
    rejectUnauthorized: clients.kind === 'verified',
    handshakeTimeout: HANDSHAKE_MS,
  };
  createSecureContext(options);
  return {
    knowsClients: clients.kind === 'verified',
    demand: demandOf(settings),
    acceptor: (onSecure) => {
      // It does not listen: it has the certificate and does the handshakes.
      const server = createServer(options, (secure) => {
        if (isWelcome(secure, clients)) onSecure(secure);
        else secure.destroy();
      });
      server.on('tlsClientError', (_error, client) => client.destroy());
      return (socket) => {
        // An HTTP server leaves its half of a connection open, which a client that leaves early would never see closed.
        socket.allowHalfOpen = false;
        server.emit('connection', socket);
      };
    },
  };
}

function demandOf({ clients: { kind, names }, ca }: TlsSettings): string {
  return kind === 'any' || kind === 'verified' ? JSON.stringify([kind, names, ca]) : '';
}

function contextOf(settings: TlsSettings, defaultCiphers: string): SecureContextOptions {
  const { cert, key, ca, minVersion, maxVersion, ciphers, prefersOwnCiphers, curves } = settings;
  const list = ciphers ?? defaultCiphers;
  return {
    cert,
    key,
    ...(ca === null ? {} : { ca }),
    minVersion,
    maxVersion,
    // OpenSSL has the versions before 1.2 only on its lowest level of security.
    ciphers: minVersion < 'TLSv1.2' ? `${list}:@SECLEVEL=0` : list,
    honorCipherOrder: prefersOwnCiphers,
    ...(curves === null ? {} : { ecdhCurve: curves }),
  };
}
