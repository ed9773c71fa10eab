import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProcessMark } from '../../src/core/model/observation.ts';
import type { ServerRecord } from '../../src/core/record/record.ts';
import { eventually } from '../support/machine/eventually.ts';
import { inState, type ProcessLife, processLife, signal } from '../support/machine/process-life.ts';
import { BLIND, EvidenceBench, PLATFORM } from '../support/tmux/evidence-bench.ts';
import { listenOn } from '../support/tmux/stale-socket.ts';
import type { TmuxServer } from '../support/tmux/tmux-server.ts';

type Ending = readonly [string, (server: TmuxServer) => unknown];

const ENDINGS: readonly Ending[] = [
  ['kill-server', (server) => server.run('kill-server')],
  ['the end of its last session', (server) => server.run('kill-session')],
  ['SIGTERM', (server) => server.kill('SIGTERM')],
  ['SIGKILL', (server) => server.kill('SIGKILL')],
  ['SIGSEGV', (server) => server.kill('SIGSEGV')],
  ['SIGKILL while it was stopped', (server) => [server.kill('SIGSTOP'), server.kill('SIGKILL')]],
];

describe('an observer of a server that dies', () => {
  let bench: EvidenceBench;

  beforeEach(() => {
    bench = new EvidenceBench();
  });

  afterEach(() => bench.cleanup());

  it.each(ENDINGS)('sees it gone right after %s, though it may still be dying', async (_, end) => {
    const { server, record } = await bench.pollNewServer();
    await end(server);

    let polled = await bench.poll(record);
    // On a busy machine a process can take longer to die than one poll waits: then the next poll finds it dead.
    while (polled.verdict.kind === 'failed') polled = await bench.poll(record);

    expect(polled.verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect(polled.observation.evidence).toMatchObject({ connect: 'refused', process: 'dead', listening: false });
  });

  it.each(ENDINGS)('sees it gone after %s by connect alone: no answer, no pause', async (_, end) => {
    const { server, record } = await bench.pollNewServer();
    await end(server);
    await server.ended();

    const { verdict } = await bench.poll(record);

    expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect([bench.commands, bench.pauses]).toEqual([[], []]);
  });

  it.each([
    ['last_session_closed', 'exited'],
    ['shut_down', 'exited'],
    ['ended', 'exited'],
    ['nothing', 'crashed'],
  ] as const)('knows why if its watch heard %s', async (word, reason) => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    const watchEnd = async (name: string) => (name === record.target.name ? { word, at: 77 } : null);

    const { verdict, observation } = await bench.poll(record, { watchEnd });

    expect(verdict).toEqual({ kind: 'gone', reason });
    expect([observation.evidence.watch, observation.diedAt]).toEqual([word, 77]);
  });

  it('goes on if polls that find nothing are aborted meanwhile', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    const [routine, examination] = [new AbortController(), new AbortController()];
    const abort = { routine: routine.signal, examination: examination.signal };
    // The process seems to run still, so it is examined again after a pause.
    let looks = 0;
    const liveness = (mark: ProcessMark) => (looks++ === 0 ? 'alive' : PLATFORM.liveness(mark));
    const options = { platform: { ...PLATFORM, liveness }, abort, delay: async () => routine.abort() };

    expect((await bench.poll(record, options)).verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect(routine.signal.aborted).toBe(true);
    await expect(bench.poll(record, { abort })).rejects.toThrow('the poll was aborted');
  });

  it('sees it gone with its socket', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    await server.removeSocket();

    expect((await bench.poll(record)).verdict).toEqual({ kind: 'gone', reason: 'lost' });
  });

  it('sees it gone if a regular file is at its path', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    await server.removeSocket();
    await writeFile(server.socket, '');

    expect((await bench.poll(record)).verdict).toEqual({ kind: 'gone', reason: 'lost' });
  });

  it('sees it replaced if it was restarted between two polls', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    await server.restart();

    const { verdict, observation } = await bench.poll(record);

    expect(verdict).toEqual({ kind: 'replaced', reason: 'replaced' });
    expect(observation.answer).toMatchObject({ snapshot: { incarnation: { pid: server.pid } } });
  });

  it.each([
    ['shut_down', 'exited'],
    ['nothing', 'crashed'],
  ] as const)('knows why if it was restarted as soon as its watch had heard %s', async (word, reason) => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    await server.restart();

    const { verdict, observation } = await bench.poll(record, { watchEnd: async () => ({ word, at: 77 }) });

    expect(verdict).toEqual({ kind: 'replaced', reason });
    expect([observation.evidence.watch, observation.diedAt]).toEqual([word, 77]);
  });

  it('sees it gone if the server that listens there now does not answer', async () => {
    const { server, record } = await bench.pollNewServer();
    await server.crash();
    await server.removeSocket();
    const other = await listenOn(server.socket);
    bench.onCleanup(async () => other.close());

    expect((await bench.poll(record, { timeoutMs: 100 })).verdict).toEqual({ kind: 'gone', reason: 'replaced' });
  });

  it('sees it gone while it is a zombie that its parent does not reap', async () => {
    const { socket, life } = await startUnreaped();
    const { record } = await bench.pollSocket(socket);
    signal(life, 'SIGKILL');
    await inState(life, 'Z');

    const { verdict, observation } = await bench.poll(record);

    expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect(observation.evidence.process).toBe('dead');
  });

  it('sees it gone at the second refusal if it cannot see the process', async () => {
    const { server, record } = await bench.pollNewServer({ platform: BLIND });
    await server.crash();

    const { verdict, observation } = await bench.poll(record, { platform: BLIND });

    expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
    expect(observation.evidence.process).toBe('unknown');
    expect([bench.commands, bench.pauses]).toEqual([[], [100]]);
  });

  it.each([
    ['was polled before', 0],
    ['was found by its process, whose start can be a second off', 1],
  ])('right after its answer sees no replacement, if it %s', async (_, offBy) => {
    const { server, record } = await bench.pollNewServer();
    const { life } = record;
    if (!life) throw new Error('expected a life');
    const incarnation = { ...life.incarnation, startedAt: life.incarnation.startedAt - offBy };
    const liveness = async (mark: ProcessMark) => {
      await server.crash();
      return PLATFORM.liveness(mark);
    };
    const known = { ...record, life: { ...life, incarnation, files: [] } };

    const { verdict } = await bench.poll(known, { platform: { ...PLATFORM, liveness } });

    expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
  });

  describe('that is slow to end', () => {
    /** A platform that takes a process for alive for its first `readings`. */
    function slow(readings: number) {
      let count = 0;
      const liveness = (mark: ProcessMark) => (count++ < readings ? 'alive' : PLATFORM.liveness(mark));
      return { platform: { ...PLATFORM, liveness } };
    }

    async function pollDeadServer(): Promise<ServerRecord> {
      const { server, record } = await bench.pollNewServer();
      await server.crash();
      return record;
    }

    it('gathers again until it has ended', async () => {
      const { verdict } = await bench.poll(await pollDeadServer(), slow(3));

      expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
      expect(bench.pauses).toEqual([5, 10, 20]);
    });

    it('gathers six times, and then no more until the next poll', async () => {
      const { verdict } = await bench.poll(await pollDeadServer(), slow(99));

      expect(verdict).toEqual({ kind: 'failed' });
      expect(bench.pauses).toEqual([5, 10, 20, 40, 50]);
    });

    it('waits for its end if its watch has just ended, and asks nothing', async () => {
      const { server, record } = await bench.pollNewServer();
      await server.crash();

      const { verdict } = await bench.poll(record, { ...slow(3), trigger: 'watch' });

      expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
      expect([bench.commands, bench.pauses]).toEqual([[], [1, 1, 1]]);
    });

    it('gathers once if it is known to be unreachable', async () => {
      const record: ServerRecord = { ...(await pollDeadServer()), state: 'unreachable', unreachable: 'wedged' };

      await bench.poll(record, slow(99));

      expect(bench.pauses).toEqual([]);
    });

    it('gathers again if it is known to be unreachable and its watch has just ended', async () => {
      const record: ServerRecord = { ...(await pollDeadServer()), state: 'unreachable', unreachable: 'socket_lost' };

      const { verdict } = await bench.poll(record, { ...slow(3), trigger: 'watch' });

      expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
    });
  });

  /** Starts a server in the foreground of a shell that becomes a program which never waits for it. */
  async function startUnreaped(): Promise<{ socket: string; life: ProcessLife }> {
    const socket = await bench.emptyPlace();
    const script = `tmux -D -S ${socket} -f /dev/null & echo $!; exec sleep 60`;
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    bench.onCleanup(async () => {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    });
    const [line] = await once(parent.stdout, 'data');
    const life = processLife(Number(String(line)));
    bench.onCleanup(async () => signal(life, 'SIGKILL'));
    await eventually('the server to be up', async () => (await bench.pollSocket(socket)).verdict.kind === 'up');
    return { socket, life };
  }
});
