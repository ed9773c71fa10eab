import { jetstream, jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { wantedStreams } from '../../../../src/bus/stream/streams.ts';
import { eventSubject, hostSubject } from '../../../../src/bus/stream/subjects.ts';
import { eventJson, headersOf, reportJson } from './messages.ts';

/** Makes both streams of a fleet. */
export async function makeStreams(connection: NatsConnection, settings: Partial<StreamConfig> = {}): Promise<void> {
  const { streams } = await jetstreamManager(connection);
  for (const stream of wantedStreams({ prefix: 'tmux', replicas: 1, maxAgeMs: 604_800_000, maxBytes: 1 << 30 })) {
    const config = { ...(stream.settings as Partial<StreamConfig>), name: stream.name };
    await streams.add(stream.name === 'TMUX_EVENTS' ? { ...config, ...settings } : config);
  }
}

/** Publishes events `from` to `to` of the history of an exporter. */
export async function publishEvents(
  connection: NatsConnection,
  name: string,
  from: number,
  to: number,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  for (let seq = from; seq <= to; seq++) await publishEvent(connection, name, eventJson(seq, fields));
}

/** Publishes one event of an exporter. */
export async function publishEvent(
  connection: NatsConnection,
  name: string,
  event: Record<string, unknown>,
  entries: Readonly<Record<string, string>> = {},
): Promise<void> {
  const headers = headersOf({ 'Nats-Msg-Id': `${name}:${event['id']}`, ...entries });
  await jetstream(connection).publish(eventSubject('tmux', name, String(event['type'])), JSON.stringify(event), {
    headers,
  });
}

/** Publishes what an exporter reports of itself. */
export async function publishReport(
  connection: NatsConnection,
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await jetstream(connection).publish(hostSubject('tmux', name), JSON.stringify(reportJson(name, fields)));
}
