import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { BusConnection, type Reply } from '../../../src/bus/connection/nats-connection.ts';
import { type ReadMessage, StreamReader } from '../../../src/bus/read/stream-reader.ts';
import { EVENT_STREAM } from '../../../src/bus/stream/streams.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { seededRandom } from '../../support/sample/random.ts';
import { accessOf, NATS_SERVER, NatsServer } from '../../support/world/nats.ts';
import { makeStreams, publishEvents } from './support/fleet-publisher.ts';
import { MovableClock } from './support/watched-fleet.ts';

/** After this without a message that the stream has, a consumer is replaced. */
const STUCK_MS = 3_000;

/** What the leader of a stream says differently from the one node there is. */
interface LeaderSays {
  /** The end of the stream: the node has not got so far. */
  readonly lastSeq?: number;
  /** Another node is there and does not hold everything yet. */
  readonly isBehind?: boolean;
}

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('The reader of a stream', () => {
  let nats: NatsServer;
  let clock: MovableClock;
  let connection: BusConnection;
  let reader: StreamReader;
  let leader: LeaderSays;
  let happened: string[];

  beforeEach(async () => {
    nats = await NatsServer.start(['build7']);
    await nats.asOperator((at) => makeStreams(at, { deny_delete: false }));
    [clock, leader, happened] = [new MovableClock(), {}, []];
  });

  afterEach(async () => {
    await reader.stop();
    await connection.close();
    await nats.cleanup();
  });

  it('does not take it for the end of the stream if a consumer ends too early', async () => {
    await publish(1, 3);
    leader = { lastSeq: 5 };
    await begin();
    await read('3');
    await another();
    await publish(4, 5);
    await read('5');
    expect(happened).toEqual(['1', '2', '3', 'closed as stuck', '4', '5', 'all read']);
  });

  it('skips what is missing at the end if a second consumer at the same place finds nothing either', async () => {
    await publish(1, 5);
    await remove(4, 5);
    await begin();
    await read('3');
    await another();
    expect(happened).not.toContain('2 skipped');
    await another();
    await read('2 skipped');
    await publish(6, 6);
    await read('6');
    expect(happened.slice(3)).toEqual(['closed as stuck', 'closed as stuck', '2 skipped', 'all read', '6']);
  }, 30_000);

  it('skips nothing while a node does not hold all of the stream', async () => {
    await publish(1, 5);
    await remove(4, 5);
    leader = { isBehind: true };
    await begin();
    await read('3');
    for (const _ of ['first', 'second', 'third']) await another();
    expect(happened.slice(3)).toEqual(['closed as stuck', 'closed as stuck', 'closed as stuck']);
    leader = {};
    await another();
    await read('all read');
    expect(happened.slice(-2)).toEqual(['2 skipped', 'all read']);
  }, 30_000);

  it('reads a log that went back and is longer again, though the node that compares says nothing of it', async () => {
    await publish(1, 3);
    await nats.kill();
    const copy = nats.copyStore();
    await nats.restart();
    await begin();
    await publish(4, 6);
    await read('6');

    leader = { lastSeq: 7 };
    await nats.kill();
    nats.restoreStore(copy);
    await nats.restart();
    await publish(7, 10);
    await read('7');
    expect(happened.slice(7)).toEqual(['closed as closed', 'closed as rewound', '1', '2', '3', '4', '5', '6', '7']);
  }, 30_000);

  async function begin(): Promise<void> {
    let newest: ReadMessage | null = null;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    connection = new BusConnection(accessOf([nats.port], 'hub'), { onUp: resolve, onDown: () => {} }, clock);
    await promise;
    reader = new StreamReader({
      stream: EVENT_STREAM,
      batch: 100,
      connection: {
        get client() {
          return connection.client;
        },
        request: async (subject, payload) => asLeader(await connection.request(subject, payload)),
        reconnect: () => connection.reconnect(),
      },
      beginAt: ({ firstSeq }) => firstSeq - 1,
      compare: async () => 'same',
      newest: () => newest,
      observer: {
        onMessage: ({ seq, info: { timestampNanos } }, skipped) => {
          newest = { seq, isSame: ({ info }) => info.timestampNanos === timestampNanos };
          happened.push(skipped > 0 ? `${seq} after ${skipped}` : String(seq));
        },
        onEnd: (skipped) => happened.push(`${skipped} skipped`),
        onLog: () => {
          newest = null;
        },
        onState: () => {},
        onReopened: (reason) => happened.push(`closed as ${reason}`),
        onUpChanged: () => {},
        onRead: () => happened.push('all read'),
        report: () => {},
      },
      clock,
      random: seededRandom(1),
    });
  }

  /** Answers for the state of the stream as the leader of a cluster. */
  function asLeader(reply: Reply): Reply {
    if (reply.kind !== 'reply') return reply;
    const answer = JSON.parse(reply.message.string());
    answer.state.last_seq = leader.lastSeq ?? answer.state.last_seq;
    if (leader.isBehind) answer.cluster = { leader: 'n1', replicas: [{ current: false, active: 1, lag: 1 }] };
    return {
      kind: 'reply',
      message: Object.create(reply.message, { string: { value: () => JSON.stringify(answer) } }),
    };
  }

  function publish(from: number, to: number): Promise<void> {
    return nats.asOperator((at) => publishEvents(at, 'build7', from, to));
  }

  function remove(...seqs: readonly number[]): Promise<void> {
    return nats.asOperator(async (at) => {
      const { streams } = await jetstreamManager(at);
      for (const seq of seqs) await streams.deleteMessage(EVENT_STREAM, seq);
    });
  }

  function read(text: string): Promise<void> {
    return eventually(`${text} is read`, () => happened.includes(text));
  }

  /** Lets so much time go by that another consumer is opened. */
  async function another(): Promise<void> {
    const consumers = () => happened.filter((text) => text === 'closed as stuck').length;
    const former = consumers();
    await eventually('another consumer is opened', () => {
      if (consumers() === former) clock.pass(STUCK_MS);
      return consumers() > former && reader.isUp;
    });
  }
});
