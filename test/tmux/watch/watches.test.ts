import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import { FleetWatches } from '../../../src/tmux/watch/watches.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { EvidenceBench } from '../../support/tmux/evidence-bench.ts';
import type { TmuxServer } from '../../support/tmux/tmux-server.ts';
import { connectionsTo } from '../../support/tmux/watched.ts';

const UID = process.getuid?.() ?? 0;

async function exchange(a: string, b: string): Promise<void> {
  await rename(a, `${a}.aside`);
  await rename(b, a);
  await rename(`${a}.aside`, b);
}

describe('FleetWatches', () => {
  let bench: EvidenceBench;
  let server: TmuxServer;
  let record: ServerRecord;
  let ends: string[];
  let watches: FleetWatches;

  beforeEach(async () => {
    bench = new EvidenceBench();
    ({ server, record } = await bench.pollNewServer());
    await noConnection();
    ends = [];
    watches = create();
  });

  afterEach(async () => {
    await watches.pause();
    await bench.cleanup();
  });

  function create(ownUid = UID): FleetWatches {
    return new FleetWatches({
      ownUid,
      pid: process.pid,
      uptime: Date.now,
      onEnd: (name) => void ends.push(name),
      onRestart: () => {},
    });
  }

  function noConnection(): Promise<void> {
    return eventually('the server to hold no connection', () => connectionsTo(server.socket).length === 0);
  }

  /** Follows the server, and waits until it has taken its watch. */
  async function follow(): Promise<void> {
    watches.follow(record, Date.now());
    await eventually('the server to take its watch', () => watches.held === 1);
  }

  it('holds one connection to a server, however often it was seen', async () => {
    await follow();
    await follow();

    expect(connectionsTo(server.socket)).toHaveLength(1);
  });

  it('asks for a poll when a server ends, and knows how it ended', async () => {
    await follow();
    await server.crash();
    await eventually('the end of the watch', () => ends.length === 1);

    expect(ends).toEqual([record.target.name]);
    expect(await watches.endOf(record.target.name)).toMatchObject({ word: 'nothing' });
    expect(watches.held).toBe(0);
  });

  it('forgets how a watch ended once its server was seen alive but unreachable', async () => {
    await follow();
    await server.crash();
    await eventually('the end of the watch', () => ends.length === 1);

    watches.follow({ ...record, state: 'unreachable' }, Date.now() + 1);

    expect(await watches.endOf(record.target.name)).toBeNull();
  });

  it('knows that a server announced its end, until sessions are found in it', async () => {
    await follow();
    await server.run('kill-server');
    await eventually('the end of the watch', () => ends.length === 1);
    const { name } = record.target;
    const { snapshot } = record;
    let at = Date.now();
    const seen = (differences: Partial<ServerRecord>) => watches.follow({ ...record, ...differences }, ++at);

    seen({ snapshot: null });
    expect(await watches.endOf(name)).toEqual({ word: 'shut_down', at: null });
    seen({ snapshot: null, state: 'unreachable' });
    expect(await watches.endOf(name)).toEqual({ word: 'shut_down', at: null });
    seen({ snapshot: snapshot && { ...snapshot, sessions: [] } });
    expect(await watches.endOf(name)).toEqual({ word: 'shut_down', at: null });
    seen({ snapshot });
    expect(await watches.endOf(name)).toBeNull();
  });

  it('leaves a server that is released, and all of them while it is paused', async () => {
    await follow();
    watches.release(record.target.name);
    await noConnection();

    await follow();
    await watches.pause();
    await noConnection();
    watches.follow(record, Date.now());
    expect([watches.held, connectionsTo(server.socket)]).toEqual([0, []]);

    watches.resume();
    await follow();
    expect(ends).toEqual([]);
  });

  it('leaves a server by the path that leads to it, after its socket was exchanged with that of another one', async () => {
    const other = await bench.startServer();
    // Only a server with a client shows its messages.
    for (const one of [server, other]) await one.attachControl('main');
    await follow();
    await exchange(server.socket, other.socket);
    watches.follow({ ...record, target: { ...record.target, socket: other.socket } }, Date.now());
    await watches.pause();

    const [ofOther, ofServer] = [await server.run('show-messages'), await other.run('show-messages')];
    expect(ofServer).toContain('wait-for -S');
    expect(ofOther).not.toContain('wait-for');
  });

  it('connects to no server that has no life, nor to one that is out of reach', async () => {
    watches.follow({ ...record, life: null }, Date.now());
    watches.follow({ ...record, state: 'unreachable' }, Date.now());
    await server.run('list-sessions');
    await noConnection();

    expect(ends).toEqual([]);
  });

  it("connects to no other user's server", async () => {
    watches = create(UID + 1);
    watches.follow(record, Date.now());
    await eventually('the end of the watch', () => ends.length === 1);

    expect(connectionsTo(server.socket)).toEqual([]);
    expect(await watches.endOf(record.target.name)).toMatchObject({ word: null });
  });
});
