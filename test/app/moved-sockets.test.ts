import { renameSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { enter } from '../../src/app/entrance.ts';
import type { Observation } from '../../src/core/model/observation.ts';
import { keyOfPlace } from '../../src/core/model/server.ts';
import type { ServerRecord } from '../../src/core/record/record.ts';
import { socketFileKey } from '../../src/files/socket-path.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { Subject } from '../support/sample/registry-model.ts';
import { answered, DEAD, failed, sampleSnapshot } from '../support/sample/sample.ts';
import { runs } from '../support/sample/seed.ts';

/** What happens next: a socket is moved, a poll or a search looks at the files, or what it saw arrives. `pick` chooses one of several. */
interface Happening {
  readonly kind: 'move' | 'look' | 'poll-ends' | 'search' | 'search-ends';
  readonly pick: number;
}

const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({ kind: fc.constantFrom('move', 'look', 'poll-ends', 'search', 'search-ends'), pick: fc.nat(11) }),
  { maxLength: 40 },
);

/** How the sockets are moved: each move is from one path to another, one after the other. */
const MOVES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  exchanged: [
    ['a', 'aside'],
    ['b', 'a'],
    ['aside', 'b'],
  ],
  'exchanged and moved back': [
    ['a', 'aside'],
    ['b', 'a'],
    ['aside', 'b'],
    ['b', 'aside'],
    ['a', 'b'],
    ['aside', 'a'],
  ],
  'moved in a row': [
    ['a', 'aside'],
    ['b', 'a'],
  ],
};

const PATHS = ['a', 'b', 'aside'];

let folder: string;
let listeners: Server[];
/** The keys of the socket files of the servers `a` and `b`. */
let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  folder = await makePrivateFolder();
  listeners = [];
  for (const name of ['a', 'b']) {
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(join(folder, name), resolve));
    listeners.push(listener);
  }
  files = { a: socketFileKey(join(folder, 'a')) ?? '', b: socketFileKey(join(folder, 'b')) ?? '' };
});

afterAll(async () => {
  for (const listener of listeners) listener.close();
  await removeFolder(folder);
});

function fileAt(path: string): string | null {
  return socketFileKey(join(folder, path));
}

/** Puts both sockets back to their first paths. */
function putBack(): void {
  for (const name of ['a', 'b']) {
    const at = PATHS.find((path) => fileAt(path) === files[name]);
    renameSync(join(folder, at ?? ''), join(folder, `${name}.back`));
  }
  for (const name of ['a', 'b']) renameSync(join(folder, `${name}.back`), join(folder, name));
}

/** The registry while the sockets of two servers are moved: it knows them by polls and searches, which take their time. */
class Watcher {
  readonly subject = new Subject();
  readonly #looksAgain: boolean;
  readonly #moves: (readonly [string, string])[];
  readonly #polls: { readonly record: ServerRecord; readonly observation: Observation }[] = [];
  readonly #searches: { readonly path: string; readonly file: string }[] = [];

  /** While sockets are moved, polls that would find nothing at a path do not look if `looksAgain` is set. */
  constructor(moves: readonly (readonly [string, string])[], looksAgain = false) {
    this.#looksAgain = looksAgain;
    this.#moves = [...moves];
    this.#searchAll();
    this.#pollAll();
    this.subject.emitted.length = 0;
  }

  happen({ kind, pick }: Happening): void {
    this.subject.now++;
    if (kind === 'move') this.#move();
    else if (kind === 'look') this.#look(pick);
    else if (kind === 'poll-ends') this.#pollEnds(pick);
    else if (kind === 'search') this.#search(PATHS[pick % PATHS.length] ?? '');
    else this.#searchEnds(pick);
  }

  /** All moves are made, all that was begun ends, and some ticks follow. */
  settle(): void {
    while (this.#moves.length > 0) this.#move();
    while (this.#polls.length > 0) this.happen({ kind: 'poll-ends', pick: 0 });
    while (this.#searches.length > 0) this.#searchEnds(0);
    for (let ticks = 0; ticks < 4; ticks++) {
      this.#searchAll();
      this.#pollAll();
    }
  }

  /** Each name, the first name of the server that has it now, and its state. */
  names(): string[] {
    return this.subject.registry
      .list()
      .map(({ target, life, state }) => `${target.name} is ${life && nameOfPid(life.incarnation.pid)}, ${state}`);
  }

  killAll(): void {
    for (const { target, generation } of this.subject.registry.list())
      this.subject.registry.apply(target.name, generation, failed('refused', DEAD, this.subject.now));
  }

  deaths(): string[] {
    return this.#eventsOf('server-gone');
  }

  unreachable(): string[] {
    return this.#eventsOf('server-unreachable');
  }

  /** The server of each event of a type. */
  #eventsOf(type: string): string[] {
    return this.subject.emitted.filter(({ event }) => event.type === type).map(({ event }) => event.server?.name ?? '');
  }

  #move(): void {
    const [from, to] = this.#moves.shift() ?? [];
    if (from !== undefined && to !== undefined) renameSync(join(folder, from), join(folder, to));
  }

  /** One poll of a place at a time. */
  #look(pick: number): void {
    const all = this.subject.registry.list();
    const record = all[pick % all.length];
    const isPolled = this.#polls.some((poll) => record && keyOfPlace(poll.record.target) === keyOfPlace(record.target));
    if (!record || isPolled || (this.#looksAgain && fileAt(basename(record.target.socket)) === null)) return;
    this.#polls.push({ record, observation: this.#observe(record) });
  }

  #pollEnds(pick: number): void {
    const [poll] = this.#polls.splice(pick % this.#polls.length || 0, 1);
    if (!poll) return;
    const { record, observation } = poll;
    const durationMs = this.subject.now - observation.startedAt;
    this.subject.registry.apply(record.target.name, record.generation, { ...observation, durationMs });
  }

  #search(path: string): void {
    const file = fileAt(path);
    const isKnown = this.subject.registry.at({ socket: join(folder, path) }) !== undefined;
    if (file !== null && !isKnown && !this.#searches.some((search) => search.path === path))
      this.#searches.push({ path, file });
  }

  #searchEnds(pick: number): void {
    const [search] = this.#searches.splice(pick % this.#searches.length || 0, 1);
    if (!search) return;
    const socket = join(folder, search.path);
    enter(this.subject.registry, { name: search.path, socket, registration: 'discovered', uid: 1_000 }, search.file);
  }

  #searchAll(): void {
    for (const path of PATHS) this.#search(path);
    while (this.#searches.length > 0) this.#searchEnds(0);
  }

  #pollAll(): void {
    for (const { target } of this.subject.registry.list()) {
      const record = this.subject.registry.get(target.name);
      if (!record) continue;
      this.#polls.push({ record, observation: this.#observe(record) });
      this.happen({ kind: 'poll-ends', pick: 0 });
    }
  }

  #observe({ target, life }: ServerRecord): Observation {
    const process = life ? 'alive' : 'unknown';
    const file = target.displacedPid === undefined ? fileAt(basename(target.socket)) : null;
    if (file === null) return failed('no_socket', { connect: 'absent', process }, this.subject.now);
    const pid = file === files['a'] ? 100 : 101;
    const observation = answered(sampleSnapshot({ incarnation: { pid, startedAt: pid } }), { process });
    return {
      ...observation,
      startedAt: this.subject.now,
      answer: { ...observation.answer, file } as Observation['answer'],
    };
  }
}

function nameOfPid(pid: number): string {
  return pid === 100 ? 'a' : 'b';
}

describe('Two servers', () => {
  it.each(Object.keys(MOVES))(
    'keep their names while their sockets are %s, whenever a poll and a search look',
    (way) => {
      fc.assert(
        fc.property(happenings, (all) => {
          putBack();
          const watcher = new Watcher(MOVES[way] ?? []);
          for (const happening of all) watcher.happen(happening);
          watcher.settle();
          expect(watcher.names()).toEqual(['a is a, up', 'b is b, up']);
          expect(watcher.deaths()).toEqual([]);

          watcher.killAll();
          expect(watcher.deaths()).toEqual(['a', 'b']);
        }),
        { numRuns: runs(1_000) },
      );
    },
  );

  // A poll looks again and again for an eighth of a second before it believes that a socket is lost.
  it('are not told as unreachable if their sockets are exchanged while a poll looks again', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        putBack();
        const watcher = new Watcher(MOVES['exchanged'] ?? [], true);
        for (const happening of all) watcher.happen(happening);
        watcher.settle();
        expect(watcher.names()).toEqual(['a is a, up', 'b is b, up']);
        expect(watcher.unreachable()).toEqual([]);
      }),
      { numRuns: runs(1_000) },
    );
  });
});
