import { writeFile } from 'node:fs/promises';
import { readSecretFile } from '../alert/delivery/secret-file.ts';
import type { Environment } from './environment.ts';

/** The public key of a file with a seed, or why there is none. */
export type BusKeyReading =
  | { readonly kind: 'made' | 'found'; readonly publicKey: string }
  | { readonly kind: 'unusable'; readonly problem: string };

/** Makes a key for the bus, with the seed in a new file of mode 0600. If the file is there, it is only read. */
export async function busKey(path: string, { readFile }: Pick<Environment, 'readFile'>): Promise<BusKeyReading> {
  const { makeUserKey, publicKeyOf } = await import('../bus/user-key.ts');
  const { publicKey, seed } = makeUserKey();
  try {
    await writeFile(path, `${seed}\n`, { mode: 0o600, flag: 'wx' });
    return { kind: 'made', publicKey };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return { kind: 'unusable', problem: `${path} cannot be made: ${code}` };
  }
  const reading = await readSecretFile(path, readFile);
  if (reading.kind !== 'read') return { kind: 'unusable', problem: reading.problem };
  const found = publicKeyOf(reading.text);
  if (found !== null) return { kind: 'found', publicKey: found };
  return {
    kind: 'unusable',
    problem: `${path}: expected the seed of a user, which begins with SU, found something else`,
  };
}
