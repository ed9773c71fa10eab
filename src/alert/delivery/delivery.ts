import type { OutboxMessage } from '../../core/alert/outbox.ts';
import type { ReadFile } from '../../core/file.ts';
import { type Sender, viewOf } from '../format/message-view.ts';
import { render } from '../format/rendering.ts';
import type { Receiver } from '../receiver/receiver.ts';
import type { Outcome } from '../request/outcome.ts';
import type { Post, PostRequest } from '../request/post.ts';
import { readAccess } from './credentials.ts';
import { readSecretFile } from './secret-file.ts';
import { readKeys, signatureOf } from './signature.ts';

/** Attempts to deliver a message; never rejects. */
export type Deliver = (message: OutboxMessage, signal: AbortSignal) => Promise<Outcome>;

/** The part of a request that depends on the message and the receiver. */
export type Envelope = Pick<PostRequest, 'url' | 'headers' | 'body' | 'proxy' | 'tls' | 'secrets'>;

/** An envelope, or why there is none. */
export type EnvelopeReading =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  | { readonly kind: 'none'; readonly problem: string };

/** The dependencies of deliveries to a receiver. */
export interface DeliveryParts {
  readonly receiver: Receiver;
  readonly sender: () => Sender;
  readonly post: Post;
  readonly readFile: ReadFile;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Creates the function that delivers messages to a receiver. It reads all files for each attempt, so a secret can be replaced at any time. */
export function createDeliver({ receiver, sender, post, readFile, now }: DeliveryParts): Deliver {
  return async (message, signal) => {
    try {
      const reading = await prepare(message, { receiver, sender: sender(), readFile, now: now() });
      if (reading.kind === 'none') return { kind: 'unanswered', problem: reading.problem };
      return await post({ ...reading.envelope, timeoutMs: receiver.timeoutMs, signal });
    } catch {
      // Nothing of the error is shown: it could contain a secret.
      return { kind: 'unsendable', problem: 'the message cannot be rendered, because of a bug in the exporter' };
    }
  };
}

/** The dependencies of one message. */
export interface PreparationParts {
  readonly receiver: Receiver;
  readonly sender: Sender;
  readonly readFile: ReadFile;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Renders, signs and addresses a message, as it would be sent now. */
export async function prepare(
  message: OutboxMessage,
  { receiver, sender, readFile, now }: PreparationParts,
): Promise<EnvelopeReading> {
  const reading = await readAccess(receiver, readFile);
  if (reading.kind === 'none') return reading;
  const view = viewOf(message, { receiver: receiver.name, sender, max: receiver.group.max });
  if (!view) return { kind: 'none', problem: 'the message is empty' };
  const { access } = reading;
  const { url, body } = render(receiver.format, view, access.url, receiver);
  const timestamp = Math.floor(now / 1_000);
  const signature = await sign({ id: message.id, timestamp, body }, receiver.secretFile, readFile);
  if (signature.kind === 'none') return signature;
  const headers = {
    'content-type': 'application/json',
    'user-agent': `tmux-exporter/${sender.version}`,
    ...access.headers,
    'idempotency-key': message.id,
    'webhook-id': message.id,
    'webhook-timestamp': String(timestamp),
    ...signature.headers,
  };
  const { proxy, tls, secrets } = access;
  return { kind: 'envelope', envelope: { url, headers, body, proxy, tls, secrets } };
}

type Signature =
  | { readonly kind: 'signature'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'none'; readonly problem: string };

async function sign(
  signed: Parameters<typeof signatureOf>[0],
  secretFile: string | null,
  readFile: ReadFile,
): Promise<Signature> {
  if (secretFile === null) return { kind: 'signature', headers: {} };
  const reading = await readSecretFile(secretFile, readFile);
  if (reading.kind === 'unreadable') return { kind: 'none', problem: reading.problem };
  const keys = readKeys(reading.text);
  if (keys) return { kind: 'signature', headers: { 'webhook-signature': signatureOf(signed, keys) } };
  const expected = 'expected whsec_ and the base64 of 24 bytes or more on each line';
  return {
    kind: 'none',
    problem: `${secretFile} contains no secret: ${expected}, such as from "openssl rand -base64 32"`,
  };
}
