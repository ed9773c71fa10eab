import { parseObject } from '../../core/json.ts';
import { printable, shorten } from '../../core/text.ts';

const LONGEST = 120;
const SHORTEST_SECRET = 4;

/** The message in an answer, if it is a few plain words or JSON with a message; null for anything else, such as a page of HTML. The `secrets` and all parts of them are removed, because an answer can repeat our URL. */
export function responseExcerpt(body: string, secrets: readonly string[]): string | null {
  const text = body.trim();
  const message = text.startsWith('{') ? messageIn(text) : text;
  if (message === null || !/^[\w .,:'-]{1,200}$/.test(message)) return null;
  return shorten(printable(withoutSecrets(message, secrets)), LONGEST);
}

/** Seconds that the JSON of Discord asks us to wait; null if it does not ask. */
export function retryAfterIn(body: string): number | null {
  const { retry_after: seconds } = parseObject(body) ?? {};
  return typeof seconds === 'number' && seconds >= 0 ? seconds : null;
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.flatMap(partsOf).reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}

/** An answer can repeat a piece of a URL: its path, a segment of it, its host. */
function partsOf(secret: string): string[] {
  return [secret, ...secret.split(/[/?&=#:@]+/)]
    .filter((part) => part.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

function messageIn(text: string): string | null {
  const { message, error } = parseObject(text) ?? {};
  const found = [message, error].find((value) => typeof value === 'string');
  return typeof found === 'string' ? found : null;
}
