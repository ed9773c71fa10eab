import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { EVENT_STREAM } from '../../../src/bus/stream/streams.ts';

/** An event, as the stream holds it. */
export interface StoredEvent {
  readonly name: string;
  readonly id: string;
  /** When the bus stored it, Unix milliseconds. */
  readonly at: number;
}

/** Reads the whole stream with a bare consumer, in order. */
export async function readStream(connection: NatsConnection): Promise<StoredEvent[]> {
  const stored: StoredEvent[] = [];
  const consumer = await jetstream(connection).consumers.get(EVENT_STREAM);
  const { num_pending } = await consumer.info();
  if (num_pending === 0) return stored;
  const messages = await consumer.consume({ max_messages: 1_000 });
  for await (const { headers, info } of messages) {
    const [name = '', id = ''] = headers?.get('Nats-Msg-Id').split(':') ?? [];
    stored.push({ name, id, at: info.timestampNanos / 1e6 });
    if (info.pending === 0) break;
  }
  await messages.close();
  return stored;
}
