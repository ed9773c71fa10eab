import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Progress } from '../../../src/follow/session/progress.ts';
import { SeenEvents } from '../../../src/follow/session/seen-events.ts';
import { type FollowState, NO_STATE } from '../../../src/follow/session/state.ts';
import { FakeFleetLog } from '../../support/fleet/fake-fleet-log.ts';
import { event } from '../support/samples.ts';

const of = (name: string | null, id: string | null) => event('server-gone', null, { id, name });

describe('SeenEvents', () => {
  it('tells the events of cloned machines apart', () => {
    const seen = new SeenEvents();
    seen.add(of('build7', 'e-5'));
    const events = [of('build7', 'e-4'), of('build7', 'e-6'), of('build8', 'e-5'), of('build7', 'f-5')];
    expect(events.map((each) => seen.has(each))).toEqual([true, false, false, false]);
  });

  it('never takes an event for seen whose exporter or id is not known', () => {
    const seen = new SeenEvents();
    const events = [of(null, 'e-1'), of('build7', null), of('build7', 'strange')];
    for (const each of events) seen.add(each);
    expect(events.map((each) => seen.has(each))).toEqual([false, false, false]);
  });

  it('does not grow without end, and forgets the log that was silent for longest', () => {
    const seen = new SeenEvents();
    for (let count = 0; count < 5_000; count++) {
      seen.add(of('build7', `e-${count}`));
      seen.add(of(`host-${count}`, 'e-1'));
    }
    expect(seen.entries).toHaveLength(4_096);
    expect([of('build7', 'e-4999'), of('host-4999', 'e-1'), of('host-0', 'e-1')].map((each) => seen.has(each))).toEqual(
      [true, true, false],
    );
  });
});

/** A fleet of cloned machines: they all have the same epoch. */
const NAMES = ['build7', 'build8', 'build9'];

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('publish' as const), name: fc.constantFrom(...NAMES) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), most: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rewind' as const), lost: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

/** A fleet whose exporters publish again what its log loses, and a follower that may be started again at any time. */
class Model {
  readonly handled: string[] = [];
  readonly #published = new Map(NAMES.map((name) => [name, 0]));
  #log = new FakeFleetLog('000000000000');
  #logs = 1;
  #state: FollowState = NO_STATE;
  #progress = this.#begin();

  publish(name: string): void {
    const number = (this.#published.get(name) ?? 0) + 1;
    this.#published.set(name, number);
    this.#log.publish(name, `e-${number}`);
  }

  /** The log goes back; each exporter puts back what is missing, in its order. */
  rewind(lost: number): void {
    const kept = Math.max(0, this.#log.head - lost);
    const missing = this.#log.after(kept);
    this.#log.rewind(kept);
    for (const name of NAMES) this.#heal(missing.filter((each) => each.name === name));
  }

  /** The log is made anew; each exporter puts back all that it has. */
  renew(): void {
    const all = this.#log.after(0);
    this.#log = new FakeFleetLog(`${this.#logs++}`.padStart(12, '0'));
    for (const name of NAMES.toReversed()) this.#heal(all.filter((each) => each.name === name));
  }

  async read(most: number): Promise<void> {
    const { cursor } = this.#progress.received;
    const place = cursor === null ? 0 : this.#log.read(cursor);
    const isServed = typeof place === 'number';
    this.#progress.pass(this.#log.cursorAt(isServed ? place : 0));
    if (!isServed) this.#progress.rewound();
    for (const { seq, name, id, json } of this.#log.after(isServed ? place : 0).slice(0, most)) {
      const received = event('session-created', null, { ...JSON.parse(json), name, id });
      const handle = async () => void this.handled.push(`${name} ${id}`);
      await this.#progress.take(this.#log.cursorAt(seq), received, this.#progress.hasSeen(received) ? null : handle);
    }
  }

  restart(): void {
    this.#progress = this.#begin();
  }

  /** All that was published, by name. */
  get expected(): string[][] {
    return [...this.#published].map(([name, count]) => Array.from({ length: count }, (_, at) => `${name} e-${at + 1}`));
  }

  #begin(): Progress {
    const progress = new Progress(this.#state, (state) => {
      this.#state = state;
    });
    progress.begin({ host: null, isFleet: true }, false);
    return progress;
  }

  #heal(events: readonly { readonly name: string; readonly id: string }[]): void {
    for (const { name, id } of events) this.#log.publish(name, id);
  }
}

describe('A follower of a fleet', () => {
  it('handles each event once, and those of each exporter in their order, whatever becomes of the log', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const model = new Model();
        for (const each of steps) {
          if (each.kind === 'publish') model.publish(each.name);
          if (each.kind === 'read') await model.read(each.most);
          if (each.kind === 'rewind') model.rewind(each.lost);
          if (each.kind === 'renew') model.renew();
          if (each.kind === 'restart') model.restart();
        }
        await model.read(Number.POSITIVE_INFINITY);
        const byName = NAMES.map((name) => model.handled.filter((each) => each.startsWith(`${name} `)));
        expect(byName).toEqual(model.expected);
      }),
    );
  });
});
