import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readSecretFile } from '../alert/delivery/secret-file.ts';
import type { ReadFile } from '../core/file.ts';
import { shellWord } from '../core/text.ts';
import type { Environment } from './environment.ts';

/** The public key of a file with a seed, or why there is none. */
export type BusKey = { readonly kind: 'made' | 'found'; readonly publicKey: string } | Unusable;

/** The key in a file with a seed, or why there is none. The reason contains nothing of the file. */
export type BusKeyReading = { readonly kind: 'read'; readonly seed: string; readonly publicKey: string } | Unusable;

interface Unusable {
  readonly kind: 'unusable';
  readonly problem: string;
}

/** Makes a key for the bus, with the seed in a new file of mode 0600. If the file is there, it is only read. */
export async function busKey(path: string, { readFile }: Pick<Environment, 'readFile'>): Promise<BusKey> {
  const { makeUserKey } = await import('../bus/user-key.ts');
  const { publicKey, seed } = makeUserKey();
  try {
    await writeFile(path, `${seed}\n`, { mode: 0o600, flag: 'wx' });
    return { kind: 'made', publicKey };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return { kind: 'unusable', problem: `${path} cannot be made: ${code}${cureOf(path, code)}` };
  }
  const reading = await readBusKey(path, readFile);
  return reading.kind === 'read' ? { kind: 'found', publicKey: reading.publicKey } : reading;
}

function cureOf(path: string, code: string | undefined): string {
  const folder = dirname(path);
  return code === 'ENOENT' ? `; make its folder first: mkdir -p -m 700 ${shellWord(folder)}` : '';
}

/** Reads a file with the seed of a user of the bus. */
export async function readBusKey(path: string, readFile: ReadFile): Promise<BusKeyReading> {
  const { publicKeyOf } = await import('../bus/user-key.ts');
  const reading = await readSecretFile(path, readFile);
  if (reading.kind === 'unreadable') return { kind: 'unusable', problem: reading.problem };
  const publicKey = publicKeyOf(reading.text);
  if (publicKey !== null) return { kind: 'read', seed: reading.text, publicKey };
  return {
    kind: 'unusable',
    problem: `${path}: expected the seed of a user, which begins with SU, found something else`,
  };
}
