import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createUser, fromSeed } from '@nats-io/nkeys';

const SHIPPED = fileURLToPath(new URL('../../../docker/fleet/nats/', import.meta.url));

/** A file of `docker/fleet/nats` with other addresses or paths in it. Each text to replace has to be there. */
export function shippedFile(name: string, changes: Readonly<Record<string, string>> = {}): string {
  return Object.entries(changes).reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`expected ${from} in docker/fleet/nats/${name}`);
      return text.replaceAll(from, to);
    },
    readFileSync(join(SHIPPED, name), 'utf8'),
  );
}

/** The key of a user of the bus. */
export interface BusKey {
  readonly publicKey: string;
  readonly seed: string;
  /** The file of the seed, mode 0600. */
  readonly file: string;
}

/** The keys of a bus, each made when it is first asked for. */
export class BusKeys {
  readonly #folder: string;
  readonly #keys = new Map<string, BusKey>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The key of a user, such as `build7`, `operator` or `hub`. */
  async of(name: string): Promise<BusKey> {
    const known = this.#keys.get(name);
    if (known) return known;
    const seed = new TextDecoder().decode(createUser().getSeed());
    const key = { publicKey: publicKeyOf(seed), seed, file: join(this.#folder, `${name}.nk`) };
    await writeFile(key.file, seed, { mode: 0o600 });
    this.#keys.set(name, key);
    return key;
  }

  /** All seeds that were made. */
  get seeds(): string[] {
    return [...this.#keys.values()].map(({ seed }) => seed);
  }

  /** Replaces the names of the keys in a shipped file, such as UBUILD7, by keys. */
  async into(text: string): Promise<string> {
    const names = [...text.matchAll(KEY_NAME)].map(([, name = '']) => name);
    const keys = new Map<string, string>();
    for (const name of names) keys.set(name, (await this.of(name.toLowerCase())).publicKey);
    return text.replace(KEY_NAME, (_, name: string) => `{nkey: ${keys.get(name)}`);
  }

  /** The shipped `hosts.conf` for these exporters: its line of build7 for each of them. The user of its site stays. */
  async hostsFile(hosts: readonly string[]): Promise<string> {
    const shipped = shippedFile('hosts.conf').split('\n');
    const line = shipped.find((text) => text.includes('UBUILD7')) ?? '';
    const lines: string[] = [];
    for (const name of hosts)
      lines.push(line.replace('UBUILD7', (await this.of(name)).publicKey).replaceAll('build7', name));
    return this.into(
      shipped.flatMap((text) => (text === line ? lines : /UBUILD8/.test(text) ? [] : [text])).join('\n'),
    );
  }
}

const KEY_NAME = /\{nkey: U([A-Z0-9]{2,20})(?=[,}])/g;

function publicKeyOf(seed: string): string {
  return fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}
