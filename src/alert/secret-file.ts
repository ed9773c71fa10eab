import { open } from 'node:fs/promises';
import { secretFileCure } from '../core/cure.ts';
import { errorCode } from './error-code.ts';

const MOST_BYTES = 16_384;

/** What a file with a secret holds, or why it may not be used: the reason names the file, never what is in it. */
export type SecretReading =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Reads a file with a secret, at most 16 KiB, without the space around. One that others can read, or that its group can write, is refused. */
export async function readSecretFile(path: string): Promise<SecretReading> {
  try {
    const file = await open(path);
    try {
      const { mode } = await file.stat();
      if ((mode & 0o027) !== 0)
        return unreadable(`${path} has mode ${modeText(mode)}, expected 0600 or 0640: ${secretFileCure(path).text}`);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES);
      const text = buffer.toString('utf8', 0, bytesRead).trim();
      return text === '' ? unreadable(`${path} is empty`) : { kind: 'read', text };
    } finally {
      await file.close();
    }
  } catch (error) {
    return unreadable(`${path} cannot be read (${errorCode(error) || 'unknown error'})`);
  }
}

function unreadable(problem: string): SecretReading {
  return { kind: 'unreadable', problem };
}

function modeText(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}
