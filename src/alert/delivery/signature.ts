import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';
const LEAST_BYTES = 24;

/** What is signed, as Standard Webhooks defines it (https://www.standardwebhooks.com). */
export interface Signed {
  readonly id: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly body: string;
}

/** Reads the keys in a text, one `whsec_<base64>` per line. All of them sign, so that a key can be replaced. Null if a line is not a key of at least 24 bytes. */
export function readKeys(text: string): Buffer[] | null {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '').map(readKey);
  const valid = keys.filter((key) => key !== null);
  return valid.length === keys.length && keys.length > 0 ? valid : null;
}

/** The `webhook-signature` header: a `v1` signature by each key. */
export function signatureOf({ id, timestamp, body }: Signed, keys: readonly Buffer[]): string {
  const content = `${id}.${timestamp}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`).join(' ');
}

function readKey(line: string): Buffer | null {
  const base64 = line.startsWith(PREFIX) ? line.slice(PREFIX.length) : line;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const key = Buffer.from(base64, 'base64');
  return key.length >= LEAST_BYTES ? key : null;
}
