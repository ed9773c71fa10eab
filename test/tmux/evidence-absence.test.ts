import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EvidenceBench, outcomeOf } from '../support/tmux/evidence-bench.ts';
import { listenOn, makeStaleSocket } from '../support/tmux/stale-socket.ts';

describe('an observer of a server that never was', () => {
  let bench: EvidenceBench;

  beforeEach(() => {
    bench = new EvidenceBench();
  });

  afterEach(() => bench.cleanup());

  it('sees nothing at an empty path, with one connect', async () => {
    const { verdict, observation } = await bench.pollSocket(await bench.emptyPlace());

    expect(verdict).toEqual({ kind: 'failed' });
    expect(outcomeOf(observation)).toBe('no_socket');
    expect([bench.commands, bench.pauses]).toEqual([[], []]);
  });

  it('sees a stale socket as refused, by one connect', async () => {
    const socket = await bench.emptyPlace();
    await makeStaleSocket(socket);

    const { verdict, observation } = await bench.pollSocket(socket);

    expect(verdict).toEqual({ kind: 'failed' });
    expect(outcomeOf(observation)).toBe('refused');
    expect([bench.commands, bench.pauses]).toEqual([[], []]);
  });

  it('says what is wrong with a regular file', async () => {
    const socket = await bench.emptyPlace();
    await writeFile(socket, '');

    const { observation } = await bench.pollSocket(socket);

    expect(observation.answer).toEqual({
      kind: 'failure',
      failure: { reason: 'no_socket', message: `${socket} is no socket: expected the socket of a tmux server` },
    });
  });

  it('sees nothing at a path that is too long for an address, and says what is wrong with one too long for a file', async () => {
    const [long, tooLong] = [
      await bench.pollSocket(`/tmp/${'x'.repeat(120)}`),
      await bench.pollSocket(`/tmp/${'x'.repeat(300)}`),
    ];

    expect([outcomeOf(long.observation), outcomeOf(tooLong.observation)]).toEqual(['no_socket', 'permission']);
    expect(tooLong.observation.answer).toMatchObject({
      failure: { message: expect.stringContaining('its name is too long') },
    });
  });

  it('sees something unresponsive in a socket that accepts and does not answer', async () => {
    const socket = await bench.emptyPlace();
    const other = await listenOn(socket);
    bench.onCleanup(async () => other.close());

    const first = await bench.pollSocket(socket, { timeoutMs: 100 });
    const second = await bench.poll(first.record, { timeoutMs: 100 });

    expect([first.verdict, second.verdict]).toEqual([{ kind: 'failed' }, { kind: 'unresponsive' }]);
  });
});
