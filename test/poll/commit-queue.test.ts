import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from '../../src/core/registry/registry.ts';
import { CommitQueue } from '../../src/poll/commit-queue.ts';
import { MemoryJournal } from '../support/daemon/memory-journal.ts';
import { unsetClock } from '../support/sample/fake-clock.ts';
import { answered, NOW, sampleSnapshot } from '../support/sample/sample.ts';

/** Counts the steps that a store would commit. */
class CountingJournal extends MemoryJournal {
  steps = 0;

  override step<T>(work: () => T): T {
    this.steps++;
    return super.step(work);
  }
}

describe('CommitQueue', () => {
  let journal: CountingJournal;
  let emitted: string[];
  let registry: Registry;
  let queue: CommitQueue;

  beforeEach(() => {
    journal = new CountingJournal();
    emitted = [];
    registry = new Registry({
      journal,
      onEvent: ({ event }) => emitted.push(`${event.type} ${event.server?.name}`),
      clock: unsetClock(() => NOW),
      limits: () => ({ maxServers: 10, lingerMs: 0 }),
    });
    queue = new CommitQueue(registry);
    for (const name of ['a', 'b']) registry.register({ name, socket: `/tmp/${name}`, registration: 'static' });
    journal.steps = 0;
    emitted.length = 0;
  });

  function commit(name: string, observation = answered()): Promise<void> {
    const record = registry.get(name);
    if (!record) throw new Error(`expected a server ${name}`);
    return queue.commit(record, observation);
  }

  it('commits what arrives in one turn as one step, in order, and settles when its events are emitted', async () => {
    const other = sampleSnapshot({ incarnation: { pid: 99, startedAt: NOW / 1000 } });

    const committed = Promise.all([commit('b'), commit('a', answered(other))]);
    expect(emitted).toEqual([]);
    await committed;

    expect(emitted).toEqual(['server-up b', 'server-up a']);
    expect(journal.steps).toBe(1);
  });

  it('makes several steps of very many results', async () => {
    await Promise.all(Array.from({ length: 40 }, () => commit('a')));

    expect(journal.steps).toBe(3);
  });

  it('commits the others if one result cannot be', async () => {
    const broken = { ...answered(), answer: null } as never;

    const [first, second] = await Promise.allSettled([commit('a', broken), commit('b')]);

    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
    expect(emitted).toEqual(['server-up b']);
  });

  it('fails all results of a step whose events cannot be emitted', async () => {
    const failing = new CommitQueue({
      together: () => {
        throw new Error('no');
      },
    } as never);
    const record = registry.get('a');
    if (!record) throw new Error('expected a server');

    await expect(failing.commit(record, answered())).rejects.toThrow('no');
  });
});
