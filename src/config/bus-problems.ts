import { isIP } from 'node:net';
import { isLoopbackAddress } from '../core/loopback.ts';
import type { BusServer } from './kind/bus-kinds.ts';
import { formatDuration } from './kind/duration.ts';

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

/** The part of the configuration for the hub. */
export interface HubConfig {
  readonly enabled: boolean;
  readonly silentAfterMs: number;
  readonly forgetAfterMs: number;
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

/** What of the configuration of a hub does not go together, or is missing. */
export function hubProblems({ enabled, silentAfterMs, forgetAfterMs }: HubConfig, bus: BusConfig): Disagreement[] {
  const isBlind = enabled && bus.servers.length === 0;
  return [
    ...problemIf(isBlind, 'hub.enabled', HUB_NEEDS, 'none'),
    ...problemIf(
      forgetAfterMs <= silentAfterMs,
      'hub.forget_after',
      `more than hub.silent_after (${formatDuration(silentAfterMs)})`,
      formatDuration(forgetAfterMs),
    ),
  ];
}

const HUB_NEEDS = 'bus.servers too, such as tls://n1.example.org:4222, because a hub reads the bus';

function loginProblems({ nkeyFile, credsFile, username, passwordFile }: BusConfig): Disagreement[] {
  const ways = [nkeyFile && 'nkey_file', credsFile && 'creds_file', username && 'username'].filter(Boolean);
  return [
    ...problemIf(ways.length > 1, 'bus.username', 'one of nkey_file, creds_file and username', ways.join(' and ')),
    ...problemIf(username !== null && passwordFile === null, 'bus.password_file', 'the file of the password', 'none'),
    ...problemIf(username === null && passwordFile !== null, 'bus.username', 'a user name for password_file', 'none'),
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
      'bus.servers',
      'tls:// for all servers or none',
      'both',
    ),
    ...problemIf(
      open !== undefined && !insecure,
      'bus.servers',
      'tls:// for a server that is not on loopback, or bus.insecure',
      `nats://${open?.host}:${open?.port}`,
    ),
    // The client checks the certificate of an address as if its name were localhost.
    ...problemIf(
      unnamed !== undefined,
      'bus.servers',
      'a host name that the certificate of the server holds',
      `the address ${unnamed?.host}`,
    ),
    ...problemIf(hasFiles && plain.length > 0, 'bus.servers', 'tls:// because bus.tls is given', 'nats://'),
    ...problemIf(
      (tls.certFile === null) !== (tls.keyFile === null),
      'bus.tls',
      'cert_file and key_file together',
      tls.certFile === null ? 'key_file' : 'cert_file',
    ),
  ];
}

function problemIf(isWrong: boolean, key: string, expected: string, found: string): Disagreement[] {
  return isWrong ? [{ path: key.split('.'), expected, found }] : [];
}
