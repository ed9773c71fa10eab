import { readSecretFile } from '../../alert/delivery/secret-file.ts';
import type { TokenEntry } from '../../config/entry/token-entry.ts';
import type { ReadFile } from '../../core/file.ts';
import type { Token } from '../../http/access/token-check.ts';

const SHORTEST = 16;
const TOKEN = new RegExp(`^[\\w.~+/=-]{${SHORTEST},}$`);
const EXPECTED = `expected a token on each line, at least ${SHORTEST} of A-Z a-z 0-9 _ . ~ + / = -`;

/** The tokens of a file, or why they cannot be used. */
export type TokenReading =
  | { readonly kind: 'read'; readonly tokens: readonly string[] }
  | { readonly kind: 'unusable'; readonly problem: string };

/** Reads a file with a token on each line. */
export async function readTokenFile(path: string, readFile: ReadFile): Promise<TokenReading> {
  const reading = await readSecretFile(path, readFile);
  if (reading.kind === 'unreadable') return { kind: 'unusable', problem: reading.problem };
  const tokens = reading.text.split('\n').map((line) => line.trim());
  if (tokens.every((token) => TOKEN.test(token))) return { kind: 'read', tokens };
  return { kind: 'unusable', problem: `${path}: ${EXPECTED}, found something else` };
}

/** Reads the tokens of all entries. The tokens of a file that cannot be used are refused; `onProblem` gets the reason. */
export async function readTokens(
  entries: readonly TokenEntry[],
  readFile: ReadFile,
  onProblem: (problem: string) => void,
): Promise<readonly Token[]> {
  const readings = await Promise.all(entries.map(({ file }) => readTokenFile(file, readFile)));
  return readings.flatMap((reading, index) => {
    if (reading.kind === 'read') {
      const scopes = entries[index]?.scopes ?? [];
      return reading.tokens.map((text) => ({ text, scopes }));
    }
    onProblem(reading.problem);
    return [];
  });
}
