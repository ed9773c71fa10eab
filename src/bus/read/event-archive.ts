import type { JsMsg } from '@nats-io/jetstream';
import { parseObject } from '../../core/json.ts';
import { Lane } from '../../core/lane.ts';
import type { BusClock } from '../bus-clock.ts';
import type { BusConnection } from '../connection/nats-connection.ts';
import { MESSAGE_NOT_FOUND } from '../connection/stream-answer.ts';
import { EVENT_STREAM } from '../stream/streams.ts';
import { eventSubjectParts } from '../stream/subjects.ts';
import { checkOf, nanosOf } from './fleet-cursor.ts';
import { OrderedConsumer } from './ordered-consumer.ts';

/** Readings at the same time: each is a consumer on the bus. */
const READINGS = 4;
/** How long a reading may take. */
const MOST_MS = 5_000;
/** Messages that are on their way at most. */
const MOST_AT_ONCE = 2_000;

/** Reads events of the stream that are not in memory. */
export class EventArchive {
  readonly #connection: Pick<BusConnection, 'request' | 'client'>;
  readonly #prefix: string;
  readonly #clock: BusClock;
  readonly #lane = new Lane(READINGS);

  constructor(connection: Pick<BusConnection, 'request' | 'client'>, prefix: string, clock: BusClock) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  /** The check of the event at `seq`: `none` if the stream has no message there, null if nothing answers. */
  async checkAt(seq: number): Promise<string | 'none' | null> {
    const reply = await this.#connection.request(`$JS.API.DIRECT.GET.${EVENT_STREAM}`, JSON.stringify({ seq }));
    if (reply.kind !== 'reply') return null;
    const { headers } = reply.message;
    if (headers?.code === MESSAGE_NOT_FOUND) return 'none';
    // The bus adds its own headers after those of the message.
    const subject = eventSubjectParts(this.#prefix, headers?.last('Nats-Subject') ?? '');
    const stored = nanosOf(headers?.last('Nats-Time-Stamp') ?? '');
    if (subject === null || stored === null) return null;
    const id = parseObject(reply.message.string())?.['id'];
    return checkOf(subject.name, typeof id === 'string' ? id : '', stored);
  }

  /** The messages with sequences `from` to `to`, in order. Null if the bus does not give them in time. */
  messages(from: number, to: number): Promise<readonly JsMsg[] | null> {
    return this.#lane.run(() => this.#read(from, to));
  }

  async #read(from: number, to: number): Promise<readonly JsMsg[] | null> {
    const { client } = this.#connection;
    if (!client) return null;
    const messages: JsMsg[] = [];
    const { promise, resolve } = Promise.withResolvers<readonly JsMsg[] | null>();
    const cancel = this.#clock.after(MOST_MS, () => resolve(null));
    const onMessage = (message: JsMsg) => {
      if (message.seq <= to) messages.push(message);
      if (message.seq >= to || message.info.pending === 0) resolve(messages);
    };
    try {
      const consumer = await OrderedConsumer.open(
        client,
        { stream: EVENT_STREAM, from, batch: Math.min(MOST_AT_ONCE, to - from + 1) },
        { onMessage, onEnd: () => resolve(null) },
      );
      if (await consumer.isEmpty()) resolve(messages);
      const result = await promise;
      consumer.close();
      return result;
    } catch {
      return null;
    } finally {
      cancel();
    }
  }
}
