import type { NatsConnection } from '@nats-io/transport-node';
import { errorText } from '../core/text.ts';
import type { BusClock } from './bus-clock.ts';
import type { BusAccess } from './connection/credentials.ts';
import type { BusConnection } from './connection/nats-connection.ts';
import { publishAnswerOf } from './publish/event-port.ts';
import { OrderedConsumer } from './read/ordered-consumer.ts';
import { type StreamState, streamLookOf } from './read/stream-look.ts';
import { differences, type FoundSettings } from './stream/differences.ts';
import { EVENT_STREAM, HOST_STREAM, type WantedStream, wantedStreams } from './stream/streams.ts';
import { eventSubject } from './stream/subjects.ts';
import { IMPOSSIBLE, type TrialResult, tryConnection, tryInbox } from './trial.ts';

const INIT = 'run "tmux-exporter bus init" with the key of an operator';

/** Tries what the key of a hub may do. Nothing is stored, and nothing removed. */
export function tryHub(access: BusAccess, prefix: string, clock: BusClock): Promise<TrialResult[]> {
  return tryConnection(access, clock, async (connection) => {
    const { client } = connection;
    if (!client) return [await unusable(connection)];
    const deaf = await tryInbox(connection, access);
    if (deaf) return [{ ...deaf, message: `hub ${deaf.message}` }];
    const streams = await Promise.all(leastStreams(prefix).map((stream) => tryStream(connection, stream)));
    const results = [
      reached(client, access),
      ...streams.flat(),
      await tryGet(connection),
      await tryPurge(connection, prefix),
      await tryPublish(connection, prefix),
    ];
    return results.map((result) => ({ ...result, message: `hub ${result.message}` }));
  });
}

async function unusable(connection: BusConnection): Promise<TrialResult> {
  const reply = await connection.request(infoOf(EVENT_STREAM), '');
  const problem = reply.kind === 'reply' ? 'the connection was lost' : reply.problem;
  return { verdict: 'bad', message: `cannot use this server: ${problem}` };
}

function reached(client: NatsConnection, { tls }: BusAccess): TrialResult {
  const server = `${client.getServer()} (nats-server ${client.info?.version})`;
  return { verdict: 'fine', message: `reaches ${server}${tls === null ? ', unencrypted' : ', by TLS'}` };
}

/** The streams with the least that an operator can wish for. */
function leastStreams(prefix: string): WantedStream[] {
  return wantedStreams({ prefix, replicas: 1, maxAgeMs: 0, maxBytes: 0 });
}

async function tryStream(connection: BusConnection, wanted: WantedStream): Promise<TrialResult[]> {
  const { name } = wanted;
  const right = infoOf(name);
  const reply = await connection.request(right, '');
  const look = streamLookOf(reply);
  switch (look.kind) {
    case 'missing':
      return [{ verdict: 'bad', message: `finds no stream ${name}`, cure: INIT }];
    case 'refused':
      return [refused(`see ${name}`, look.problem, right)];
    case 'silent':
      return [{ verdict: 'bad', message: `cannot see ${name}: ${look.problem}`, cure: ACCOUNTS }];
    case 'state':
      return [await tryRead(connection, name, look.state), ...wrongSettings(wanted, look.settings)];
  }
}

function wrongSettings(wanted: WantedStream, found: FoundSettings): TrialResult[] {
  const wrong = differences(wanted, found);
  if (wrong === null) return [];
  return [{ verdict: 'bad', message: `finds ${wanted.name} changed: ${wrong.texts.join('; ')}`, cure: wrong.cure }];
}

function infoOf(stream: string): string {
  return `$JS.API.STREAM.INFO.${stream}`;
}

const ACCOUNTS = 'compare the accounts of the server with docs/fleet.md: the user of a hub is in that of the streams';

/** Opens a consumer behind the end of the stream, and removes it. */
async function tryRead(
  { client }: BusConnection,
  stream: string,
  { lastSeq, messages, replicas }: StreamState,
): Promise<TrialResult> {
  if (!client) return { verdict: 'bad', message: `cannot read ${stream}: the connection was lost` };
  const observer = { onMessage: () => {}, onEnd: () => {} };
  try {
    (await OrderedConsumer.open(client, { stream, from: lastSeq + 1, batch: 1 }, observer)).close();
  } catch (error) {
    return refused(`read ${stream}`, errorText(error), `$JS.API.CONSUMER.{CREATE,INFO,DELETE,MSG.NEXT}.${stream}.>`);
  }
  return { verdict: 'fine', message: `may read ${stream} (messages: ${messages}, replicas: ${replicas})` };
}

async function tryGet(connection: BusConnection): Promise<TrialResult> {
  const right = `$JS.API.DIRECT.GET.${EVENT_STREAM}`;
  const reply = await connection.request(right, JSON.stringify({ seq: 1 }));
  if (reply.kind === 'reply') return { verdict: 'fine', message: 'may read single events' };
  return refused('read single events', reply.problem, right);
}

/** Asks to purge what comes before the first message, and of a name that no host can have. */
async function tryPurge(connection: BusConnection, prefix: string): Promise<TrialResult> {
  const right = `$JS.API.STREAM.PURGE.${HOST_STREAM}`;
  const reply = await connection.request(right, JSON.stringify({ filter: `${prefix}.hosts.none.of.these`, seq: 1 }));
  if (reply.kind === 'reply') return { verdict: 'fine', message: 'may forget hosts' };
  return { ...refused('forget hosts', reply.problem, right), verdict: 'note' };
}

async function tryPublish(connection: BusConnection, prefix: string): Promise<TrialResult> {
  const headers = { 'Nats-Expected-Stream': EVENT_STREAM, 'Nats-Expected-Last-Sequence': IMPOSSIBLE };
  const reply = await connection.request(eventSubject(prefix, 'other', 'server-up'), '{}', headers);
  const answer = publishAnswerOf(reply);
  if (answer.kind === 'refused' && answer.reason === 'permission')
    return { verdict: 'fine', message: 'may not publish events' };
  const cure = 'give a hub a key that may only read';
  return { verdict: 'note', message: 'may publish events of exporters', cure };
}

function refused(what: string, problem: string, right: string): TrialResult {
  return { verdict: 'bad', message: `may not ${what}: ${problem}`, cure: `give its user the right publish: ${right}` };
}
