import type { Server } from 'node:net';
import { join } from 'node:path';
import type { GoneReason } from '../../../src/core/model/server.ts';
import { MOST_SESSION_EVENTS } from '../../../src/core/registry/reduce.ts';
import type { WatchEnd } from '../../../src/tmux/watch/death-watches.ts';
import { FakeServer, listenOn } from './fake-server.ts';

/** The expected reports, counted by the world itself. */
export interface Told {
  readonly events: Record<string, number>;
  readonly deaths: Record<GoneReason, number>;
}

/** A socket at which servers come and go. */
export interface Spot {
  readonly name: string;
  readonly socket: string;
  life: FakeServer | null;
  listener: Server | null;
  /** What the watch of the life that ended has heard. */
  watchEnd: WatchEnd | null;
  /** What the last poll of this life saw of its sessions; null where it was not polled yet. */
  seen: ReadonlyMap<string, string> | null;
  /** Whether a death has not been seen yet. */
  unseenDeath: GoneReason | null;
}

/** Sessions, windows, panes and servers that come and go at random, and the truth of what is to be told of them. */
export class World {
  readonly spots: Spot[] = [];
  readonly told: Told = { events: {}, deaths: { exited: 0, crashed: 0, replaced: 0, rebooted: 0, lost: 0 } };
  /** Sessions, windows and panes that were made so far. */
  made = 0;
  readonly #folder: string;
  readonly #random: () => number;
  #pids = 1_000_000;
  #names = 0;

  constructor(folder: string, random: () => number) {
    this.#folder = folder;
    this.#random = random;
  }

  /** The life at a socket path. */
  lifeAt(socket: string): FakeServer | null {
    return this.spots.find((spot) => spot.socket === socket)?.life ?? null;
  }

  /** Adds this many spots, each with a server. */
  async populate(count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      const name = `s${this.#names++}`;
      const spot = { name, socket: join(this.#folder, name), life: null, listener: null };
      this.spots.push({ ...spot, watchEnd: null, seen: null, unseenDeath: null });
    }
    for (const spot of this.spots) if (!spot.life) await this.#begin(spot);
  }

  /** A moment passes: much happens in the servers, and now and then to one of them. */
  async pass(): Promise<void> {
    for (const spot of this.spots) {
      if (spot.life) this.#churn(spot.life);
      if (spot.unseenDeath) continue;
      const chance = this.#random();
      if (!spot.life) await this.#begin(spot);
      else if (spot.seen && chance < 0.01) await this.#end(spot);
      else if (spot.seen && chance < 0.013) this.#replace(spot);
    }
  }

  /** Every spot was polled: counts the expected reports of that. */
  polled(): void {
    for (const spot of this.spots) {
      if (spot.unseenDeath) this.#countDeath(spot, spot.unseenDeath);
      if (!spot.life) continue;
      if (spot.seen) this.#countChanges(spot.seen, spot.life.content.sessions);
      else this.#count('server-up');
      spot.seen = new Map(spot.life.content.sessions);
    }
  }

  /** A server was registered. */
  registered(): void {
    this.#count('server-registered');
  }

  /** Ends everything. */
  close(): void {
    for (const spot of this.spots) spot.listener?.close();
  }

  async #begin(spot: Spot): Promise<void> {
    spot.life = new FakeServer(spot.socket, this.#pids++);
    spot.watchEnd = null;
    for (let count = 0; count < 8; count++) this.#addSession(spot.life);
    spot.listener = await listenOn(spot.socket);
  }

  async #end(spot: Spot): Promise<void> {
    const how = Math.floor(this.#random() * 3);
    spot.unseenDeath = (['exited', 'crashed', 'lost'] as const)[how] ?? 'lost';
    const word = (['ended', 'nothing', null] as const)[how] ?? null;
    spot.watchEnd = word && { word, at: Date.now() };
    spot.life?.die();
    spot.life = null;
    const { promise, resolve } = Promise.withResolvers<void>();
    spot.listener?.close(() => resolve());
    spot.listener = null;
    await promise;
  }

  /** A server ends and another one begins at its path, between two polls. */
  #replace(spot: Spot): void {
    spot.life?.die();
    spot.unseenDeath = 'replaced';
    spot.life = new FakeServer(spot.socket, this.#pids++);
    this.#addSession(spot.life);
  }

  #churn(server: FakeServer): void {
    const { sessions, windows } = server.content;
    const pick = (keys: Iterable<string>, share: number) => [...keys].filter(() => this.#random() < share);
    for (const id of pick(sessions.keys(), 0.4)) this.#closeSession(server, id);
    for (const id of pick(sessions.keys(), 0.05)) sessions.set(id, this.#sessionName());
    for (const id of pick(windows.keys(), 0.2)) this.#addPane(server, id);
    while (sessions.size < 8 + Math.floor(this.#random() * 8)) this.#addSession(server);
    for (const id of pick(sessions.keys(), 0.3)) this.#addWindow(server, id);
  }

  #addSession(server: FakeServer): void {
    const id = `$${this.made++}`;
    server.content.sessions.set(id, this.#sessionName());
    this.#addWindow(server, id);
    // A window of another session is linked into it now and then.
    const [linked] = server.content.windows.values();
    if (linked && this.#random() < 0.2) linked.sessions.add(id);
  }

  #addWindow(server: FakeServer, session: string): void {
    const id = `@${this.made++}`;
    server.content.windows.set(id, { sessions: new Set([session]), panes: new Set() });
    this.#addPane(server, id);
  }

  #addPane(server: FakeServer, window: string): void {
    server.content.windows.get(window)?.panes.add(`%${this.made++}`);
  }

  #closeSession({ content }: FakeServer, id: string): void {
    content.sessions.delete(id);
    for (const [window, { sessions }] of content.windows) {
      sessions.delete(id);
      if (sessions.size === 0) content.windows.delete(window);
    }
  }

  #sessionName(): string {
    return `"n\\ame" ${this.#names++} ü`;
  }

  #countDeath(spot: Spot, reason: GoneReason): void {
    spot.unseenDeath = null;
    spot.seen = null;
    this.told.deaths[reason]++;
    this.#count('server-gone');
    // Who was found by its socket is registered anew with the life that took its place.
    if (spot.life) this.registered();
  }

  #countChanges(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): void {
    const changes: string[] = [];
    for (const [id, name] of now) {
      if (!before.has(id)) changes.push('session-created');
      else if (before.get(id) !== name) changes.push('session-renamed');
    }
    for (const id of before.keys()) if (!now.has(id)) changes.push('session-closed');
    if (changes.length > MOST_SESSION_EVENTS) this.#count('sessions-changed');
    else for (const change of changes) this.#count(change);
  }

  #count(type: string): void {
    this.told.events[type] = (this.told.events[type] ?? 0) + 1;
  }
}
