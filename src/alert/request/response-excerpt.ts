import { printable, shorten } from '../../core/text.ts';

const LONGEST = 120;
const SHORTEST_SECRET = 4;

/** What a receiver said in its answer, where it is in one of the forms in which services say what is wrong: a few plain words, or JSON with a message. Null for anything else: a page of HTML says nothing. What is said is without the `secrets` and without any part of them, for it could repeat our URL. */
export function responseExcerpt(body: string, secrets: readonly string[]): string | null {
  const text = body.trim();
  const said = text.startsWith('{') ? messageIn(text) : text;
  if (said === null || !/^[\w .,:'-]{1,200}$/.test(said)) return null;
  return shorten(printable(withoutSecrets(said, secrets)), LONGEST);
}

/** Seconds that the JSON of Discord asks us to wait; null where it does not. */
export function retryAfterIn(body: string): number | null {
  const { retry_after: seconds } = objectIn(body);
  return typeof seconds === 'number' && seconds >= 0 ? seconds : null;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.flatMap(partsOf).reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}

/** A URL can come back in pieces: its path, a segment of it, its host. */
function partsOf(secret: string): string[] {
  return [secret, ...secret.split(/[/?&=#:@]+/)]
    .filter((part) => part.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

function messageIn(text: string): string | null {
  const { message, error } = objectIn(text);
  const said = [message, error].find((value) => typeof value === 'string');
  return typeof said === 'string' ? said : null;
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
