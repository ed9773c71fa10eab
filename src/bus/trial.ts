import { createInbox } from '@nats-io/transport-node';
import type { BusClock } from './bus-clock.ts';
import type { BusAccess } from './connection/credentials.ts';
import { BusConnection, type Reply } from './connection/nats-connection.ts';
import type { Answer } from './connection/stream-answer.ts';
import { publishAnswerOf } from './publish/event-port.ts';
import { EVENT_STREAM, HOST_STREAM } from './stream/streams.ts';
import { eventSubject, hostSubject, lastSubject } from './stream/subjects.ts';

/** What a key may do, or why it is unknown. */
export interface TrialResult {
  readonly verdict: 'fine' | 'note' | 'bad';
  readonly message: string;
  readonly cure?: string;
}

/** A sequence that no stream has: a message that expects it is never stored. */
export const IMPOSSIBLE = String(Number.MAX_SAFE_INTEGER);
const CONNECT_MS = 3_000;
const NO_ANSWER =
  'run "tmux-exporter bus init" with the key of an operator: it makes a missing stream, and names settings that keep one from answering, such as no_ack. If both are as expected, compare the accounts of the server with docs/fleet.md';

/** Tries what the key of an exporter may do. Nothing is stored: each message expects a sequence that no stream has. */
export function tryBus(access: BusAccess, prefix: string, name: string, clock: BusClock): Promise<TrialResult[]> {
  return tryConnection(access, clock, async (connection) => {
    const deaf = await tryInbox(connection, access);
    const results = deaf ? [deaf] : await resultsOf(connection, prefix, name);
    return results.map((result) => ({ ...result, message: `${name} ${result.message}` }));
  });
}

/** Connects, tries, and closes the connection. */
export async function tryConnection(
  access: BusAccess,
  clock: BusClock,
  attempt: (connection: BusConnection) => Promise<TrialResult[]>,
): Promise<TrialResult[]> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const connection = new BusConnection(access, { onUp: () => resolve(null), onDown: resolve }, clock);
  const cancel = clock.after(CONNECT_MS, () => resolve('no server answered'));
  const problem = await promise;
  cancel();
  try {
    return problem === null
      ? await attempt(connection)
      : [{ verdict: 'bad', message: `cannot be reached: ${problem}` }];
  } finally {
    await connection.close();
  }
}

/** Why the key cannot receive answers; null if it can. Without them, each other right looks as if it were missing. */
export async function tryInbox({ client }: BusConnection, { inboxPrefix }: BusAccess): Promise<TrialResult | null> {
  if (!client) return null;
  let problem: string | null = null;
  const callback = (error: Error | null) => {
    problem = error?.message ?? problem;
  };
  const subscription = client.subscribe(`${createInbox(inboxPrefix)}.*`, { callback });
  // The server refuses before it answers what comes later.
  await client.flush().catch(() => {});
  if (problem === null) {
    subscription.unsubscribe();
    return null;
  }
  const cure = `give its user the right subscribe: ${inboxPrefix}.>, and check again: no other right can be tried without it`;
  return { verdict: 'bad', message: `may not receive answers: ${problem}`, cure };
}

async function resultsOf(connection: BusConnection, prefix: string, name: string): Promise<TrialResult[]> {
  const other = name === 'other' ? 'another' : 'other';
  const event = await publish(connection, eventSubject(prefix, name, 'server-up'), EVENT_STREAM);
  if (event.kind === 'refused' && event.reason === 'version')
    return [{ verdict: 'bad', message: `cannot use this server: ${event.problem}` }];
  const host = await publish(connection, hostSubject(prefix, name), HOST_STREAM);
  const last = await connection.request(lastSubject(prefix, name), '');
  const foreign = await publish(connection, eventSubject(prefix, other, 'server-up'), EVENT_STREAM);
  return [
    resultOf('publish its events', event, `publish: ${eventSubject(prefix, name, '*')}`),
    resultOf('report its host', host, `publish: ${hostSubject(prefix, name)}`),
    resultOf('ask for its last event', lastAnswerOf(last), `publish: ${lastSubject(prefix, name)}`),
    foreign.kind === 'refused' && foreign.reason === 'permission'
      ? { verdict: 'fine', message: 'may not publish events of other exporters' }
      : {
          verdict: 'note',
          message: 'may publish events of other exporters',
          cure: 'give each exporter a key with the rights of its own name only',
        },
  ];
}

async function publish(connection: BusConnection, subject: string, stream: string): Promise<Answer> {
  const headers = { 'Nats-Expected-Stream': stream, 'Nats-Expected-Last-Sequence': IMPOSSIBLE };
  return publishAnswerOf(await connection.request(subject, '{}', headers));
}

function lastAnswerOf(reply: Reply): Answer {
  return reply.kind === 'reply' ? { kind: 'no_last' } : reply;
}

function resultOf(what: string, answer: Answer, right: string): TrialResult {
  if (answer.kind === 'unreachable')
    return {
      verdict: 'bad',
      message: `cannot ${what}: nothing answers (${answer.problem})`,
      cure: NO_ANSWER,
    };
  if (answer.kind === 'refused')
    return { verdict: 'bad', message: `may not ${what}: ${answer.problem}`, cure: `give its user the right ${right}` };
  return { verdict: 'fine', message: `may ${what}` };
}
