import { type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { hostMessage } from '../../../src/bus/publish/host-message.ts';
import { wantedStreams } from '../../../src/bus/stream/streams.ts';
import { eventSubject, hostSubject } from '../../../src/bus/stream/subjects.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { seededRandom } from '../sample/random.ts';
import { NatsServer } from '../world/nats.ts';
import { randomDraft, SIMULATED_SERVERS } from './random-events.ts';

/** Messages in flight. */
const BATCH = 500;

/** Starts one nats-server, and fills its streams with so many events and reports of so many hosts. */
export async function filledBus(hosts: number, events: number): Promise<NatsServer> {
  const nats = await NatsServer.start([]);
  await nats.asOperator(async (connection) => {
    const { streams } = await jetstreamManager(connection);
    const wishes = { prefix: 'tmux', replicas: 1, maxAgeMs: 604_800_000, maxBytes: 2 ** 30 };
    for (const { name, settings } of wantedStreams(wishes)) await streams.add({ name, ...settings } as never);
    const client = jetstream(connection, { timeout: 30_000 });
    const logs = Array.from({ length: hosts }, (_, number) => {
      const name = `sim${number}`;
      return new MemoryLog(`e${number}`, { host: name, bootId: null }, 10);
    });
    await reportAll(client, logs);
    await publishAll(client, logs, events);
  });
  return nats;
}

async function reportAll(client: JetStreamClient, logs: readonly MemoryLog[]): Promise<void> {
  for (const [number, { epoch, head }] of logs.entries()) {
    const name = `sim${number}`;
    const facts = { name, host: name, version: '0.0.0', epoch, head, now: Date.now(), advertise: null };
    const text = hostMessage({ ...facts, state: 'present', heartbeatMs: 30_000 }, SIMULATED_SERVERS);
    await client.publish(hostSubject('tmux', name), text);
  }
}

async function publishAll(client: JetStreamClient, logs: readonly MemoryLog[], events: number): Promise<void> {
  const random = seededRandom(1);
  for (let done = 0; done < events; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, events - done) }, (_, index) => {
      const number = (done + index) % logs.length;
      const name = `sim${number}`;
      const logged = logs[number]?.append(randomDraft(random), Date.now());
      if (!logged) throw new Error(`expected a log of ${name}`);
      const sent = headers();
      sent.set('Nats-Msg-Id', `${name}:${logged.event.id}`);
      return client.publish(eventSubject('tmux', name, logged.event.type), logged.json, { headers: sent });
    });
    await Promise.all(batch);
  }
}
