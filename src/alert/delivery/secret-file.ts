import { secretFileCure } from '../../core/death/cure.ts';
import { modeText, type ReadFile } from '../../core/file.ts';

const MOST_BYTES = 16_384;

/** The secret in a file, or why it cannot be used. The reason names the file, and contains nothing of its content. */
export type SecretReading =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Reads a file with a secret, at most 16 KiB, and trims it. A file that others can read, or that its group can write, is refused. */
export async function readSecretFile(path: string, readFile: ReadFile): Promise<SecretReading> {
  const reading = await readFile(path, MOST_BYTES);
  if (reading.kind === 'unreadable') return unreadable(`${path} ${reading.problem}`);
  const { mode } = reading;
  if ((mode & 0o027) !== 0)
    return unreadable(`${path} has mode ${modeText(mode)}, expected 0600 or 0640: ${secretFileCure(path).text}`);
  const text = reading.text.trim();
  return text === '' ? unreadable(`${path} is empty`) : { kind: 'read', text };
}

/** Reads a file with one secret, as {@link readSecretFile} does. A file of more than one line is refused; `what` names what it should contain. */
export async function readSecretLine(path: string, what: string, readFile: ReadFile): Promise<SecretReading> {
  const reading = await readSecretFile(path, readFile);
  if (reading.kind === 'unreadable') return reading;
  const count = reading.text.split(/\r\n|[\r\n]/).length;
  return count === 1 ? reading : unreadable(`${path}: expected one ${what} on one line, found ${count} lines`);
}

function unreadable(problem: string): SecretReading {
  return { kind: 'unreadable', problem };
}
