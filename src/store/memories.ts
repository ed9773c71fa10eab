import type { StatementSync } from 'node:sqlite';
import type { SavedServer } from '../core/record/record.ts';
import type { Memory, Remembered } from '../core/registry/journal.ts';
import { isShowable } from '../core/text.ts';
import { type RowReading, readServer, readTombstone } from './rows.ts';
import type { BadRow } from './set-aside.ts';
import { metaOf, type Statements } from './statements.ts';

/** The servers and their last deaths in the database of the journal, for the next start. Changes that cannot be written stay in memory until they can. */
export class DurableMemories {
  /** What was stored before this start. */
  readonly remembered: Remembered;
  /** Rows that cannot be used. */
  readonly badRows: BadRow[] = [];
  #statements: Statements;
  /** All memories by their keys, to fill a new database. */
  readonly #all = new Map<string, Memory>();
  /** The last stored text of each row that was not dropped. */
  readonly #stored = new Map<string, string>();
  #unsaved = new Map<string, Memory>();

  /** If another machine may have written the database, its servers are not remembered. */
  constructor(statements: Statements, isStranger: boolean) {
    this.#statements = statements;
    this.remembered = this.#recall(isStranger);
    for (const memory of memoriesOf(this.remembered)) this.#all.set(keyOf(memory), memory);
  }

  /** Whether some memories are not stored. */
  get areUnsaved(): boolean {
    return this.#unsaved.size > 0;
  }

  /** Takes a memory to store. Unchanged ones are not stored again; when a server was last seen follows from `last_alive`. */
  remember(memory: Memory): void {
    const key = keyOf(memory);
    const text = textOf(memory);
    this.#all.set(key, memory);
    if (this.#stored.get(key) === text && !this.#unsaved.has(key)) return;
    this.#unsaved.set(key, memory);
    this.#stored.set(key, text);
  }

  /** Writes the unsaved memories, in a transaction of the caller. */
  write(): void {
    for (const memory of this.#unsaved.values()) this.#save(memory);
  }

  /** Drops the unsaved memories, because their transaction was committed. */
  written(): void {
    for (const [key, { kind }] of this.#unsaved) {
      if (kind === 'server-dropped' || kind === 'tombstone-dropped') {
        this.#stored.delete(key);
        this.#all.delete(key);
      }
    }
    this.#unsaved = new Map();
  }

  /** Continues in a new database. The next write stores everything in it. */
  moveTo(statements: Statements): void {
    this.#statements = statements;
    this.#unsaved = new Map(this.#all);
  }

  #save(memory: Memory): void {
    const { saveServer, dropServer, saveTombstone, dropTombstone } = this.#statements;
    switch (memory.kind) {
      case 'server':
        saveServer.run(memory.server.target.name, JSON.stringify(memory.server));
        break;
      case 'server-dropped':
        dropServer.run(memory.name);
        break;
      case 'tombstone':
        saveTombstone.run(memory.tombstone.name, memory.tombstone.death.at, JSON.stringify(memory.tombstone));
        break;
      case 'tombstone-dropped':
        dropTombstone.run(memory.name);
    }
  }

  #recall(isStranger: boolean): Remembered {
    if (isStranger) return { servers: [], tombstones: [], bootId: null, pidNamespace: null };
    const { servers, tombstones } = this.#statements;
    const stored = Number(metaOf(this.#statements, 'last_alive') ?? Number.NaN);
    const lastAliveAt = isShowable(stored) ? stored : 0;
    return {
      servers: this.#readRows('servers', servers, readServer).map((server) => seenUntil(server, lastAliveAt)),
      tombstones: this.#readRows('tombstones', tombstones, readTombstone),
      bootId: metaOf(this.#statements, 'boot_id'),
      pidNamespace: metaOf(this.#statements, 'pid_namespace'),
    };
  }

  #readRows<Row>(
    table: 'servers' | 'tombstones',
    statement: StatementSync,
    read: (json: string, name: string) => RowReading<Row>,
  ): Row[] {
    return statement.all().flatMap((stored) => {
      const [name, json] = [String(stored['name']), String(stored['json'])];
      const reading = read(json, name);
      if (reading.kind === 'read') return [reading.row];
      this.badRows.push({ table, key: [name], json, problem: reading.problem });
      return [];
    });
  }
}

/** While its polls succeeded, a server was last seen when we last lived ourselves. */
function seenUntil(server: SavedServer, lastAliveAt: number): SavedServer {
  const { life, fresh } = server;
  if (!life || !fresh) return server;
  const heldAt = Math.max(life.heldAt, lastAliveAt);
  return { ...server, life: { ...life, lastSeenAt: Math.max(life.lastSeenAt, lastAliveAt), heldAt } };
}

function memoriesOf({ servers, tombstones }: Remembered): Memory[] {
  return [
    ...servers.map((server) => ({ kind: 'server' as const, server })),
    ...tombstones.map((tombstone) => ({ kind: 'tombstone' as const, tombstone })),
  ];
}

/** The text of a memory, without the values that change at every poll. */
function textOf(memory: Memory): string {
  if (memory.kind !== 'server') return JSON.stringify(memory);
  const { life } = memory.server;
  const containment = life?.containment && { ...life.containment, readAt: 0, machineKills: 0 };
  return JSON.stringify({ ...memory.server, life: life && { ...life, lastSeenAt: 0, heldAt: 0, containment } });
}

/** The key of what a memory is about. A later memory with the same key replaces it. */
function keyOf(memory: Memory): string {
  switch (memory.kind) {
    case 'server':
      return `server ${memory.server.target.name}`;
    case 'server-dropped':
      return `server ${memory.name}`;
    case 'tombstone':
      return `tombstone ${memory.tombstone.name}`;
    case 'tombstone-dropped':
      return `tombstone ${memory.name}`;
  }
}
