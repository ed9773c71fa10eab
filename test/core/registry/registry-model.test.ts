import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SavedServer } from '../../../src/core/record/record.ts';
import type { Tombstone } from '../../../src/core/record/view.ts';
import {
  type ExpectedEvent,
  type Happening,
  happenings,
  type Model,
  newModel,
  type Place,
  Subject,
} from '../../support/sample/registry-model.ts';
import { runs } from '../../support/sample/seed.ts';

/** One step: what happens is compared with what was to happen. */
class Step implements fc.Command<Model, Subject> {
  readonly #happening: Happening;

  constructor(happening: Happening) {
    this.#happening = happening;
  }

  check(model: Readonly<Model>): boolean {
    return this.#happening.canHappen(model);
  }

  run(model: Model, subject: Subject): void {
    const before = subject.registry.view();
    const head = subject.emitted.length;

    const { events, changesView } = this.#happening.happen(model, subject);

    expectEvents(model, subject, head, events);
    expect(subject.registry.view() === before).toBe(!changesView);
    for (const place of model.places) expectPlace(place, subject);
    expectRemembered(subject);
  }

  toString(): string {
    return this.#happening.title;
  }
}

/** Events after which an incident is over. */
const ENDING: ReadonlySet<string> = new Set(['server-up', 'server-recovered', 'server-unregistered']);

function expectEvents(model: Model, { emitted }: Subject, head: number, expected: readonly ExpectedEvent[]): void {
  const events = emitted.slice(head).map(({ event }) => event);
  expect(events.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
  for (const [index, event] of events.entries()) {
    const name = event.server?.name;
    const place = model.places.find((candidate) => candidate.name === name);
    const wanted = expected[index]?.incident;
    if (!place || !wanted) throw new Error('expected an event about a known server');
    if (wanted === 'opens') place.incident = event.id;
    if (wanted === 'continues' && place.incident === 'the death') place.incident = events[0]?.id ?? null;
    expect(event.incident).toBe(wanted === 'none' ? null : place.incident);
    if (ENDING.has(event.type)) place.incident = null;
  }
}

function expectPlace(place: Place, { registry }: Subject): void {
  const record = registry.get(place.name);
  expect(record?.target.registration ?? null).toBe(place.registration);
  expect(registry.at(place)).toBe(record);
  if (record) {
    const incarnation = place.known === 'unnamed' ? null : place.known;
    expect(record.life?.incarnation ?? null).toEqual(incarnation);
    expect(record.seenAlive).toBe(place.known !== null);
    expect(record.incident).toBe(place.incident);
    expect(record.state === 'unresponsive').toBe(place.isUnresponsive);
  }
  const tombstone = registry.view().tombstones.find(({ name }) => name === place.name);
  const deaths = Object.values(tombstone?.deaths ?? {}).reduce((sum, count) => sum + count, 0);
  expect([deaths, tombstone?.lingering ?? false]).toEqual([place.deaths, place.lingers]);
}

/** What was kept, put together again, is what there is. */
function expectRemembered({ journal, registry }: Subject): void {
  const servers = new Map<string, SavedServer>();
  const tombstones = new Map<string, Tombstone>();
  for (const memory of journal.memories) {
    if (memory.kind === 'server') servers.set(memory.server.target.name, memory.server);
    if (memory.kind === 'server-dropped') servers.delete(memory.name);
    if (memory.kind === 'tombstone') tombstones.set(memory.tombstone.name, memory.tombstone);
    if (memory.kind === 'tombstone-dropped') tombstones.delete(memory.name);
  }
  const kept = registry.list().filter(({ life, target }) => life !== null || target.registration === 'api');
  expect(new Set(servers.keys())).toEqual(new Set(kept.map(({ target }) => target.name)));
  for (const { target, state, life, incident } of kept) {
    expect(servers.get(target.name)).toMatchObject({ target, state, life, incident });
  }
  expect([...tombstones.values()].sort(byName)).toEqual(registry.view().tombstones);
}

function byName(a: Tombstone, b: Tombstone): number {
  return a.name < b.name ? -1 : 1;
}

describe('the registry, whatever happens', () => {
  const commands = fc.commands(
    happenings.map((happening) => happening.map((one) => new Step(one))),
    { maxCommands: 60, size: 'max' },
  );

  it('reports each death once, closes each incident, and knows exactly what it was given', () => {
    fc.assert(
      fc.property(commands, (all) => {
        fc.modelRun(() => ({ model: newModel(), real: new Subject() }), all);
      }),
      { numRuns: runs(300) },
    );
  });
});
