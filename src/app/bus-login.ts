import { readSecretFile, readSecretLine, type SecretReading } from '../alert/delivery/secret-file.ts';
import type { BusAccess, BusLogin } from '../bus/connection/credentials.ts';
import type { Config } from '../config/schema.ts';
import type { ReadFile } from '../core/file.ts';
import { readBusKey } from './bus-key.ts';

const MOST_BYTES = 262_144;

/** The name of the user of a hub on the bus: hubs are alike, and none is an exporter. */
export const HUB_USER = 'hub';

/** How the bus is reached, or why its files cannot be used. */
export type BusAccessReading =
  | { readonly kind: 'read'; readonly access: BusAccess }
  | { readonly kind: 'unusable'; readonly problem: string };

class Unusable extends Error {}

/** Reads the secrets and certificates of the bus. `name` is that of the exporter in the fleet, or of a person's command. */
export async function readBusAccess(bus: Config['bus'], name: string, readFile: ReadFile): Promise<BusAccessReading> {
  try {
    const access = {
      servers: bus.servers.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`),
      login: await loginOf(bus, readFile),
      tls: bus.servers.some(({ isSecure }) => isSecure) ? await tlsOf(bus.tls, readFile) : null,
      name: `tmux-exporter ${name}`,
      inboxPrefix: `_INBOX_${name}`,
    };
    return { kind: 'read', access };
  } catch (error) {
    if (error instanceof Unusable) return { kind: 'unusable', problem: error.message };
    throw error;
  }
}

async function loginOf({ nkeyFile, credsFile, username, passwordFile }: Config['bus'], readFile: ReadFile) {
  if (nkeyFile !== null) return { kind: 'nkey', seed: await seedIn(nkeyFile, readFile) } satisfies BusLogin;
  if (credsFile !== null)
    return { kind: 'creds', text: textOf(await readSecretFile(credsFile, readFile)) } satisfies BusLogin;
  if (username === null || passwordFile === null) return { kind: 'none' } satisfies BusLogin;
  const password = textOf(await readSecretLine(passwordFile, 'password', readFile));
  return { kind: 'password', username, password } satisfies BusLogin;
}

async function seedIn(path: string, readFile: ReadFile): Promise<string> {
  const reading = await readBusKey(path, readFile);
  if (reading.kind === 'read') return reading.seed;
  throw new Unusable(reading.problem);
}

async function tlsOf({ caFile, certFile, keyFile }: Config['bus']['tls'], readFile: ReadFile) {
  return {
    ca: caFile && (await textIn(caFile, readFile)),
    cert: certFile && (await textIn(certFile, readFile)),
    key: keyFile && textOf(await readSecretFile(keyFile, readFile)),
  };
}

function textOf(reading: SecretReading): string {
  if (reading.kind === 'read') return reading.text;
  throw new Unusable(reading.problem);
}

async function textIn(path: string, readFile: ReadFile): Promise<string> {
  const reading = await readFile(path, MOST_BYTES);
  if (reading.kind === 'read') return reading.text;
  throw new Unusable(`${path} ${reading.problem}`);
}
