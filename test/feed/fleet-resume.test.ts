import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hostEvent } from '../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../support/fleet/memory-fleet.ts';
import { runs } from '../support/sample/seed.ts';
import { FleetFeedServer } from './support/feed-server.ts';
import { dataOf, openReader, type Reader } from './support/reader.ts';

const STEPS = [
  'wanted',
  'other',
  'hole',
  'connect',
  'cut',
  'turn',
  'heartbeat',
  'evict',
  'renew',
  'bus fails',
] as const;
type Step = (typeof STEPS)[number];

const MEMORY = 4;

/** A follower of the events of some hosts that keeps its cursor, and comes back with it. */
class Follower {
  /** The numbers of the events that it got, and a null for each gap. */
  readonly trace: (number | null)[] = [];
  #cursor: string | null = null;
  #reader: Reader | null = null;

  async connect(server: FleetFeedServer): Promise<void> {
    if (this.#reader) return;
    const headers: Record<string, string> = this.#cursor ? { 'Last-Event-ID': this.#cursor } : {};
    const reader = await openReader(server.url('?host=want*&since=all'), headers);
    this.#reader = reader;
    void this.#follow(reader);
  }

  cut(): void {
    this.#reader?.cut();
    this.#reader = null;
  }

  /** Waits for the first cursor. */
  async untilBegun(): Promise<void> {
    while (this.#cursor === null) await new Promise(setImmediate);
  }

  async until(number: number): Promise<void> {
    while (this.trace.at(-1) !== number) await new Promise(setImmediate);
  }

  async #follow(reader: Reader): Promise<void> {
    for (let block = await reader.next(); block !== null; block = await reader.next()) {
      if (this.#reader !== reader) return;
      this.#cursor = /^id: (.*)$/m.exec(block)?.[1] ?? this.#cursor;
      if (block.startsWith('event: gap')) this.trace.push(null);
      if (block.includes('event: session-created')) this.trace.push(Number(String(dataOf(block)['id']).slice(2)));
    }
  }
}

/** A hub whose bus, followers and memory do what a script says. */
class Scene {
  readonly fleet = new MemoryFleet({ capacity: MEMORY });
  readonly server = new FleetFeedServer(this.fleet, { replayEvents: 6 });
  readonly follower = new Follower();
  /** The numbers of the events that the follower wants. */
  readonly wanted: number[] = [];
  #number = 0;
  #logs = 0;

  push(name: string): void {
    this.#number++;
    if (name === 'wanted') this.wanted.push(this.#number);
    this.fleet.push(name, hostEvent(name, this.#number));
  }

  async take(step: Step): Promise<void> {
    const { log } = this.fleet;
    log.beforeOlder = async () => (step === 'bus fails' ? null : undefined);
    if (step === 'wanted' || step === 'other') this.push(step);
    if (step === 'hole') log.skip(3);
    if (step === 'connect' || step === 'bus fails') await this.follower.connect(this.server);
    if (step === 'cut') this.follower.cut();
    if (step === 'turn') await new Promise(setImmediate);
    if (step === 'heartbeat') this.server.clock.advance(15_000);
    if (step === 'evict') log.evictBefore(Math.min(log.head, log.first + 3));
    if (step === 'renew') log.renew(`${++this.#logs}`.padStart(12, '0'));
  }
}

describe('a follower of a fleet that is cut off and comes back', () => {
  it('gets every event that it wants once and in order, or a gap, whatever happens between', async () => {
    const often: readonly Step[] = ['wanted', 'wanted', 'wanted', 'other', 'turn', 'turn', 'cut', 'connect', 'connect'];
    const script = fc.array(fc.constantFrom<Step>(...STEPS, ...often), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const scene = new Scene();
        await scene.server.listen();
        try {
          await scene.follower.connect(scene.server);
          await scene.follower.untilBegun();
          for (const step of steps) await scene.take(step);
          await scene.take('connect');
          scene.push('wanted');
          await scene.follower.until(scene.wanted.at(-1) ?? 0);
          expect(unexplained(scene.follower.trace, scene.wanted)).toEqual([]);
        } finally {
          scene.follower.cut();
          await scene.server.stop();
        }
      }),
      { numRuns: runs(100) },
    );
  });
});

/** The events that came twice or late, and those that are missing without a gap before the next. */
function unexplained(trace: readonly (number | null)[], wanted: readonly number[]): number[] {
  const problems: number[] = [];
  let next = 0;
  let isGap = false;
  for (const number of trace) {
    if (number === null) {
      isGap = true;
      continue;
    }
    const at = wanted.indexOf(number);
    if (at < next) problems.push(number);
    else if (!isGap) problems.push(...wanted.slice(next, at));
    next = Math.max(next, at + 1);
    isGap = false;
  }
  return problems;
}
