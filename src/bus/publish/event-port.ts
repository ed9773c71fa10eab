import type { LoggedEvent } from '../../core/event/event-log.ts';
import type { BusConnection, Reply } from '../connection/nats-connection.ts';
import { type Answer, MESSAGE_NOT_FOUND, messagePlaceOf, type Refused } from '../connection/stream-answer.ts';
import { EVENT_STREAM } from '../stream/streams.ts';
import { eventSubject, lastSubject, ownEvents } from '../stream/subjects.ts';

/** The codes of JetStream that we know. */
const CODES: Readonly<Record<number, Refused['reason']>> = { 10054: 'too_large', 10077: 'full' };
const WRONG_SEQUENCE = 10071;
/** The same from a cluster that has another message of ours in flight: it does not say the sequence. */
const WRONG_SEQUENCE_IN_FLIGHT = 10164;

/** Publishes events, and finds our last one. */
export class EventPort {
  readonly #connection: Pick<BusConnection, 'request'>;
  readonly #prefix: string;
  readonly #name: string;

  constructor(connection: Pick<BusConnection, 'request'>, prefix: string, name: string) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#name = name;
  }

  /** Publishes an event if `sequence` is that of our last message. `missed` events before it are not published. */
  async publish({ event, json }: LoggedEvent, sequence: number, missed: number): Promise<Answer> {
    const headers = {
      // Never the event id alone: hosts with copies of one store emit the same ids.
      'Nats-Msg-Id': `${this.#name}:${event.id}`,
      'Nats-Expected-Stream': EVENT_STREAM,
      'Nats-Expected-Last-Subject-Sequence': String(sequence),
      'Nats-Expected-Last-Subject-Sequence-Subject': ownEvents(this.#prefix, this.#name),
      ...(missed > 0 && { 'Tmux-Missed': String(missed) }),
    };
    return publishAnswerOf(
      await this.#connection.request(eventSubject(this.#prefix, this.#name, event.type), json, headers),
    );
  }

  /** Asks for our last message. */
  async last(): Promise<Answer> {
    const reply = await this.#connection.request(lastSubject(this.#prefix, this.#name), '');
    if (reply.kind !== 'reply') return reply;
    const { headers } = reply.message;
    const json = reply.message.string();
    if (headers?.code === MESSAGE_NOT_FOUND) return { kind: 'no_last' };
    // The bus adds its headers after those of the message, which a stolen key can forge.
    const sequence = Number(headers?.last('Nats-Sequence') || Number.NaN);
    if (!Number.isSafeInteger(sequence)) return { kind: 'unreachable', problem: headers?.description || 'no message' };
    return { kind: 'last', sequence, event: messagePlaceOf(headers?.get('Nats-Msg-Id') ?? ''), json };
  }
}

interface Acknowledgement {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly code?: number; readonly err_code?: number; readonly description?: string };
}

/** Reads the answer of JetStream to a published message. */
export function publishAnswerOf(reply: Reply): Answer {
  if (reply.kind !== 'reply') return reply;
  const { seq, duplicate = false, error } = acknowledgementOf(reply.message.string());
  if (error === undefined) {
    return seq === undefined
      ? { kind: 'unreachable', problem: 'expected the answer of a stream, found something else' }
      : { kind: 'stored', sequence: seq, isDuplicate: duplicate };
  }
  const { code = 0, err_code = 0, description = '' } = error;
  const problem = `${description} (${err_code})`;
  const found = /: (\d+)$/.exec(description)?.[1];
  if (err_code === WRONG_SEQUENCE && found !== undefined) return { kind: 'wrong_sequence', found: Number(found) };
  const reason = CODES[err_code];
  if (err_code === WRONG_SEQUENCE_IN_FLIGHT || (code >= 500 && reason === undefined))
    return { kind: 'unreachable', problem };
  return { kind: 'refused', reason: reason ?? 'other', problem };
}

function acknowledgementOf(text: string): Acknowledgement {
  try {
    return (JSON.parse(text) ?? {}) as Acknowledgement;
  } catch {
    return {};
  }
}
