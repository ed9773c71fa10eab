import { chmod, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProcessLiveness } from '../../src/core/model/observation.ts';
import type { Registration } from '../../src/core/model/server.ts';
import type { ServerRecord } from '../../src/core/record/record.ts';
import type { Platform } from '../../src/tmux/evidence.ts';
import { eventually } from '../support/machine/eventually.ts';
import { childrenOf, inState } from '../support/machine/process-life.ts';
import { BLIND, EvidenceBench, outcomeOf, PLATFORM } from '../support/tmux/evidence-bench.ts';
import { listenOn } from '../support/tmux/stale-socket.ts';
import { connectionsTo } from '../support/tmux/watched.ts';

const UID = process.getuid?.() ?? 0;
const OTHER_UID = UID + 1;

describe('an observer of a server that lives', () => {
  let bench: EvidenceBench;

  beforeEach(() => {
    bench = new EvidenceBench();
  });

  afterEach(() => bench.cleanup());

  it('sees it up, with the mark of its process and its owner, by one command', async () => {
    const server = await bench.startServer();

    const { observation, verdict, record } = await bench.pollSocket(server.socket);

    expect(verdict).toEqual({ kind: 'up' });
    expect(observation.evidence).toMatchObject({ connect: 'accepted', tmux: 'answered', watch: null });
    expect(record.life).toMatchObject({
      incarnation: { pid: server.pid },
      process: { pid: server.pid, start: server.life.start },
      uid: process.getuid?.(),
    });
    expect(bench.commands).toEqual(['list-panes']);
  });

  it('sees it up, with its clients, through a tmux client, too', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.attachControl('main');

    const next = await bench.poll(record, { binary: 'tmux' });

    expect(next.verdict).toEqual({ kind: 'up' });
    expect(next.record.snapshot).toMatchObject({ sessions: [{ name: 'main' }], clients: { tty: 0, control: 1 } });
  });

  it('sees a server without sessions up', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.run('set-option', '-s', 'exit-empty', 'off');
    await server.run('kill-session');

    const next = await bench.poll(record);

    expect(next.verdict).toEqual({ kind: 'up' });
    expect(next.record.snapshot?.sessions).toEqual([]);
  });

  it('sees a stopped one unresponsive at the second poll, without asking it, and up once it continues', async () => {
    const { server, record } = await bench.pollNewServer();
    server.kill('SIGSTOP');
    await inState(server.life, 'T');

    const first = await bench.poll(record);
    const second = await bench.poll(first.record);
    server.kill('SIGCONT');
    const third = await bench.poll(second.record);

    expect(first.verdict).toEqual({ kind: 'failed' });
    expect(second.verdict).toEqual({ kind: 'unresponsive' });
    expect(third.verdict).toEqual({ kind: 'up' });
    expect(bench.commands).toEqual(['list-panes']);
  });

  it("does not speak to another user's socket in its place, sees it alive, and sees it gone once its process is dead", async () => {
    const { server, record } = await bench.pollNewServer();
    const theirs: ServerRecord = {
      ...record,
      target: { ...record.target, registration: 'discovered', uid: OTHER_UID },
    };

    const alive = await bench.poll(theirs);
    await server.crash();
    await server.removeSocket();
    const listener = await listenOn(server.socket);
    const dead = await bench.poll(alive.record);
    const blind = await bench.poll({ ...theirs, life: theirs.life && { ...theirs.life, process: null } });
    listener.close();

    expect(alive.verdict).toEqual({ kind: 'unreachable', cause: 'permission' });
    expect(dead.observation.evidence).toMatchObject({ connect: 'denied', process: 'dead', tmux: 'not_asked' });
    expect(dead.verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect(blind.verdict).toEqual({ kind: 'unreachable', cause: 'permission' });
    expect(bench.commands).toEqual([]);
  });

  it('asks a configured one, whoever has its socket, and a discovered one of an older version by the user of its life', async () => {
    const { record } = await bench.pollNewServer();
    const inLife = (registration: Registration, uid: number): ServerRecord => ({
      ...record,
      target: { ...record.target, registration },
      life: record.life && { ...record.life, uid },
    });

    expect((await bench.poll(inLife('static', OTHER_UID))).verdict).toEqual({ kind: 'up' });
    expect((await bench.poll(inLife('discovered', UID))).verdict).toEqual({ kind: 'up' });
    expect((await bench.poll(inLife('discovered', OTHER_UID))).verdict).toEqual({
      kind: 'unreachable',
      cause: 'permission',
    });
  });

  it('sees a hung one unresponsive at the second poll, and leaves no connection behind', async () => {
    const { server, record } = await bench.pollNewServer();
    server.kill('SIGSTOP');
    const options = { timeoutMs: 100, platform: { ...PLATFORM, isStopped: () => false } };

    const first = await bench.poll(record, options);
    const second = await bench.poll(first.record, options);

    expect(outcomeOf(first.observation)).toBe('timeout');
    expect(first.verdict).toEqual({ kind: 'failed' });
    expect(second.verdict).toEqual({ kind: 'unresponsive' });
    server.kill('SIGCONT');
    await eventually('the connections to be gone', () => connectionsTo(server.socket).length === 0);
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it('sees one whose socket was deleted as unreachable, until SIGUSR1 brings the socket back', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.removeSocket();

    const lost = await bench.poll(record);
    server.kill('SIGUSR1');
    await eventually('the socket', async () => (await server.run('list-sessions').catch(() => '')) !== '');
    const back = await bench.poll(lost.record);

    expect(lost.verdict).toEqual({ kind: 'unreachable', cause: 'socket_lost' });
    expect(lost.observation.evidence).toMatchObject({ connect: 'absent', process: 'alive', listening: true });
    expect(back.verdict).toEqual({ kind: 'up' });
  });

  it('sees one as unreachable if a regular file is at its path', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.removeSocket();
    await writeFile(server.socket, '');

    expect((await bench.poll(record)).verdict).toEqual({ kind: 'unreachable', cause: 'socket_lost' });
  });

  it('does not take the loss of a socket for a death if it cannot see the process', async () => {
    const { server, record } = await bench.pollNewServer({ platform: BLIND });
    await server.removeSocket();

    const platform = { ...BLIND, isListening: PLATFORM.isListening };
    const { verdict, observation } = await bench.poll(record, { platform });

    expect(verdict).toEqual({ kind: 'failed' });
    expect(observation.evidence).toMatchObject({ connect: 'absent', process: 'unknown', listening: true });
  });

  it('sees a second server over the lost socket of the first, which lives on', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.removeSocket();
    await server.restart();

    const { verdict, observation } = await bench.poll(record);

    expect(verdict).toEqual({ kind: 'displaced' });
    expect(observation.answer).toMatchObject({ snapshot: { incarnation: { pid: server.pid } } });
  });

  it('keeps the process of one whose claim is undecided, and proves it at the next poll', async () => {
    const { record } = await bench.pollNewServer();
    if (!record.life?.process) throw new Error('expected the process of a life');
    const restored = { ...record, life: { ...record.life, files: [] } };
    const { process } = record.life;
    const readClaim: Platform['readClaim'] = () => ({ mark: process, proof: 'undecided', details: null });

    const first = await bench.poll(restored, { platform: { ...PLATFORM, readClaim } });
    const second = await bench.poll(first.record);

    expect([first.verdict, second.verdict]).toEqual([{ kind: 'unproven' }, { kind: 'up' }]);
    expect(first.record.life).toMatchObject({ process, files: [] });
    expect(second.record.life).toMatchObject({ process, files: record.life.files });
  });

  it('asks again if the process of one that answers is alive and not seen to hold its socket: it may be about to end', async () => {
    const { server, record } = await bench.pollNewServer();
    if (!record.life) throw new Error('expected a life');
    const restored = { ...record, life: { ...record.life, files: [] } };
    const seen: ProcessLiveness[] = ['alive'];
    const platform: Platform = {
      ...PLATFORM,
      readClaim: async () => {
        await server.crash();
        return null;
      },
      liveness: (mark) => seen.shift() ?? PLATFORM.liveness(mark),
    };

    expect((await bench.poll(restored, { platform })).verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect(seen).toEqual([]);
  });

  it('takes one that claims to be the living server for another one after it has asked again', async () => {
    const { record } = await bench.pollNewServer();
    if (!record.life) throw new Error('expected a life');
    const restored = { ...record, life: { ...record.life, files: [] } };
    let claims = 0;
    const readClaim = () => {
      claims++;
      return null;
    };

    const { verdict } = await bench.poll(restored, { platform: { ...PLATFORM, readClaim } });
    expect([verdict, claims]).toEqual([{ kind: 'displaced' }, 7]);
  });

  it('sees one in a folder to which anybody may write', async () => {
    const { server, record } = await bench.pollNewServer();
    await chmod(dirname(server.socket), 0o777);

    expect((await bench.poll(record)).verdict).toEqual({ kind: 'up' });
  });

  it("does not talk to another user's", async () => {
    const { record } = await bench.pollNewServer();
    const ownUid = (process.getuid?.() ?? 0) + 1;

    const { verdict, observation } = await bench.poll(record, { ownUid });

    expect(verdict).toEqual({ kind: 'unreachable', cause: 'permission' });
    expect(outcomeOf(observation)).toBe('permission');
    expect(bench.commands).toEqual([]);
  });

  it('lists the clients only if there are any', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.attachControl('main');

    const { record: next } = await bench.poll(record);

    expect(next.snapshot?.clients).toEqual({ tty: 0, control: 1 });
    expect(bench.commands).toEqual(['list-panes', 'list-clients']);
  });

  it('asks nobody how the watch ended', async () => {
    const { record } = await bench.pollNewServer();
    const watchEnd = () => Promise.reject(new Error('asked'));

    expect((await bench.poll(record, { watchEnd })).verdict).toEqual({ kind: 'up' });
  });
});
