import { isFleetName } from '../../core/fleet/fleet-name.ts';
import { parseHost } from './address.ts';
import { type Kind, parsed, text } from './kind.ts';

const DEFAULT_PORT = 4222;

/** A server of the bus. */
export interface BusServer {
  /** Whether the connection is encrypted. */
  readonly isSecure: boolean;
  /** Host name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const SERVER = /^(?<scheme>nats|tls):\/\/(?<host>\[[^\]]+\]|[^[\]:/@]+)(?::(?<port>\d{1,5}))?\/?$/;

/** The kind of the URL of a server of the bus. */
export const busServer: Kind<BusServer, string> = parsed(
  {
    placeholder: 'url',
    values: 'tls://host:port or nats://host:port',
    expected: 'a URL such as tls://n1.example.org:4222, or nats://127.0.0.1:4222 on loopback, without a user name',
  },
  (given) => {
    const { scheme, host = '', port } = SERVER.exec(given)?.groups ?? {};
    const name = parseHost(host);
    const number = Number(port ?? DEFAULT_PORT);
    if (scheme === undefined || name === null || number < 1 || number > 65_535) return null;
    return { isSecure: scheme === 'tls', host: name, port: number };
  },
);

/** The kind of the name of an exporter in the fleet. */
export const fleetName: Kind<string, string> = text(
  { placeholder: 'name', values: '1 to 64 of A-Z a-z 0-9 _ -', expected: 'a name: 1 to 64 of A-Z a-z 0-9 _ -' },
  isFleetName,
);

/** The kind of the first token of every subject. */
export const subjectPrefix: Kind<string, string> = text(
  { placeholder: 'word', values: '1 to 64 of A-Z a-z 0-9 _ -', expected: 'one word of A-Z a-z 0-9 _ -' },
  isFleetName,
);
