import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** The host that is attacked. */
export const VICTIM = 'build8';

const EVENTS = 'TMUX_EVENTS';

/** What of the streams an attack could change. */
export interface BusState {
  /** The subjects of the attacked host with their messages: how many events, and the sequence of its state. */
  readonly foreign: readonly string[];
  /** Name, time of creation, first sequence (of the events) and number of consumers of each stream. */
  readonly streams: readonly string[];
}

/** A message of a host, to a subject that it may use, whose reply subject is what it may not use. */
export interface Attack {
  /** Completes "cannot …". */
  readonly what: string;
  readonly by: 'events' | 'hosts' | 'last';
  /** The last event of the attacker, which an answer of `last` carries. */
  readonly body: string;
  readonly reply: string;
  readonly hasSucceeded: (before: BusState, after: BusState) => boolean;
}

const isForged: Attack['hasSucceeded'] = (before, after) => after.foreign.join() !== before.foreign.join();
const isChanged: Attack['hasSucceeded'] = (before, after) => after.streams.join() !== before.streams.join();

/** Every attack that was found to work in one account with the streams. */
export const ATTACKS: readonly Attack[] = [
  {
    what: 'forge an event by an acknowledgement',
    by: 'events',
    body: '{}',
    reply: `tmux.events.${VICTIM}.server-gone`,
  },
  {
    what: 'forge an event by that of an empty event',
    by: 'events',
    body: '',
    reply: `tmux.events.${VICTIM}.server-gone`,
  },
  { what: 'forge an event by that of a state', by: 'hosts', body: '{}', reply: `tmux.events.${VICTIM}.server-gone` },
  { what: 'forge an event by a read', by: 'last', body: '{"v":1}', reply: `tmux.events.${VICTIM}.server-gone` },
  { what: 'forge an empty event by a read', by: 'last', body: '', reply: `tmux.events.${VICTIM}.server-gone` },
  { what: 'forge the state of a host', by: 'hosts', body: '{}', reply: `tmux.hosts.${VICTIM}` },
]
  .map((attack) => ({ ...attack, hasSucceeded: isForged }) as Attack)
  .concat(
    [
      { what: 'purge the events by a read', by: 'last', body: '{}', reply: `$JS.API.STREAM.PURGE.${EVENTS}` },
      { what: 'purge the events by an empty read', by: 'last', body: '', reply: `$JS.API.STREAM.PURGE.${EVENTS}` },
      { what: 'delete the stream by an empty read', by: 'last', body: '', reply: `$JS.API.STREAM.DELETE.${EVENTS}` },
    ].map((attack) => ({ ...attack, hasSucceeded: isChanged }) as Attack),
  );

/** Does it as the host `name`. Resolves when whatever it does is done: the stream has answered later messages. */
export async function attack(connection: NatsConnection, { by, body, reply }: Attack, name: string): Promise<void> {
  const [event, host, last] = [`tmux.events.${name}.server-up`, `tmux.hosts.${name}`, `tmux.last.${name}.*`];
  const timeout = 10_000;
  await connection.request(event, body, { timeout });
  connection.publish({ events: event, hosts: host, last }[by], by === 'last' ? '' : body, { reply });
  await connection.flush();
  for (const subject of [event, host, last, event, host, last])
    await connection.request(subject, '', { timeout }).catch(() => null);
}

/** The state of the streams, as the operator sees it. */
export async function stateOf(operator: NatsConnection): Promise<BusState> {
  const { streams } = await jetstreamManager(operator, { timeout: 10_000 });
  const foreign: string[] = [];
  const found: string[] = [];
  for await (const { config, created, state } of streams.list()) {
    const first = config.name === EVENTS ? state.first_seq : '';
    found.push(`${config.name} ${created} ${first} ${state.consumer_count}`);
    const { state: filtered } = await streams.info(config.name, { subjects_filter: `tmux.*.${VICTIM}.>` });
    for (const [subject, count] of Object.entries(filtered.subjects ?? {})) foreign.push(`${subject} ${count}`);
  }
  const host = await streams.getMessage('TMUX_HOSTS', { last_by_subj: `tmux.hosts.${VICTIM}` }).catch(() => null);
  if (host) foreign.push(`${host.subject} at ${host.seq}`);
  return { foreign, streams: found.toSorted() };
}
