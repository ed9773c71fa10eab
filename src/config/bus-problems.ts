import { isIP } from 'node:net';
import { isLoopbackAddress } from '../core/loopback.ts';
import type { BusServer } from './kind/bus-kinds.ts';

/** The part of the configuration that says how the bus is reached. */
export interface BusConfig {
  readonly servers: readonly BusServer[];
  readonly nkeyFile: string | null;
  readonly credsFile: string | null;
  readonly username: string | null;
  readonly passwordFile: string | null;
  readonly tls: { readonly caFile: string | null; readonly certFile: string | null; readonly keyFile: string | null };
  readonly insecure: boolean;
}

/** A value that does not go with the others. */
export interface Disagreement {
  /** The keys of the value in the file. */
  readonly path: readonly string[];
  /** Completes the phrase "expected …". */
  readonly expected: string;
  /** What was found, without secrets. */
  readonly found: string;
}

/** What of the configuration of the bus does not go together, such as two ways to log in. */
export function busProblems(bus: BusConfig): Disagreement[] {
  return [...loginProblems(bus), ...tlsProblems(bus)];
}

function loginProblems({ nkeyFile, credsFile, username, passwordFile }: BusConfig): Disagreement[] {
  const ways = [nkeyFile && 'nkey_file', credsFile && 'creds_file', username && 'username'].filter(Boolean);
  return [
    ...problemIf(ways.length > 1, 'username', 'one of nkey_file, creds_file and username', ways.join(' and ')),
    ...problemIf(username !== null && passwordFile === null, 'password_file', 'the file of the password', 'none'),
    ...problemIf(username === null && passwordFile !== null, 'username', 'a user name for password_file', 'none'),
  ];
}

function tlsProblems({ servers, tls, insecure }: BusConfig): Disagreement[] {
  const plain = servers.filter(({ isSecure }) => !isSecure);
  const open = plain.find(({ host }) => host !== 'localhost' && !isLoopbackAddress(host));
  const unnamed = servers.find(({ isSecure, host }) => isSecure && isIP(host) !== 0);
  const hasFiles = Object.values(tls).some((file) => file !== null);
  return [
    ...problemIf(
      plain.length > 0 && plain.length < servers.length,
      'servers',
      'tls:// for all servers or none',
      'both',
    ),
    ...problemIf(
      open !== undefined && !insecure,
      'servers',
      'tls:// for a server that is not on loopback, or bus.insecure',
      `nats://${open?.host}:${open?.port}`,
    ),
    // The client checks the certificate of an address as if its name were localhost.
    ...problemIf(
      unnamed !== undefined,
      'servers',
      'a host name that the certificate of the server holds',
      `the address ${unnamed?.host}`,
    ),
    ...problemIf(hasFiles && plain.length > 0, 'servers', 'tls:// because bus.tls is given', 'nats://'),
    ...problemIf(
      (tls.certFile === null) !== (tls.keyFile === null),
      'tls',
      'cert_file and key_file together',
      tls.certFile === null ? 'key_file' : 'cert_file',
    ),
  ];
}

function problemIf(isWrong: boolean, key: string, expected: string, found: string): Disagreement[] {
  return isWrong ? [{ path: ['bus', key], expected, found }] : [];
}
