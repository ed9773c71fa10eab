import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { asNumber, asObject, asText, type JsonObject, parseObject } from '../../core/json.ts';
import { type KnownServer, livesIn } from '../feed/known-server.ts';
import { readServers } from '../feed/stream-message.ts';
import { isBehind, type Position } from './cursor.ts';

/** The state that a follower saves. */
export interface FollowState {
  /** Id of the event up to which everything was handled; null before the first. */
  readonly cursor: string | null;
  /** The machine of the exporter; null if it never said. */
  readonly host: string | null;
  /** The servers that were alive then. Empty for a fleet. */
  readonly servers: readonly KnownServer[];
  /** Only of a fleet. */
  readonly fleet?: FleetState;
}

/** What is saved about the feed of a fleet. */
export interface FleetState {
  /** How often its log went back, or was made anew. */
  readonly rewinds: number;
  /** The newest event of each exporter, as the {@link SeenEvents} give it. */
  readonly seen: readonly (readonly [string, number])[];
}

/** The state before the first run. */
export const NO_STATE: FollowState = { cursor: null, host: null, servers: [] };

const CURSOR = /^[\x21-\x7e]{1,64}$/;

/**
 * Stores the state of a follower in one file, readable only by its owner.
 *
 * The file is not locked: two followers with the same task share it. Each save replaces the whole file atomically, and never moves the
 * cursor of a log back: an event that one of them has handled is handled.
 */
export class StateFile {
  readonly path: string;
  readonly #former: readonly string[];
  readonly #draft: string;
  #saved = '';

  /** `writer` identifies this process, such as its pid. `former` are older paths, read if there is nothing at `path`. */
  constructor(path: string, writer: string, former: readonly string[] = []) {
    this.path = path;
    this.#former = former;
    this.#draft = `${path}.${writer}`;
  }

  /** Reads the saved state; {@link NO_STATE} if there is none, or it is invalid. */
  load(): FollowState {
    const text = read(this.path);
    if (text !== '') return parseState(text);
    // Another machine may have written a former file: its servers do not exist here. Its cursor is safe, since it names its log.
    const former = this.#former.map(read).find((found) => found !== '') ?? '';
    return { ...parseState(former), servers: [] };
  }

  /** Saves the state. Its folder must exist. Throws if the file cannot be written. */
  save(state: FollowState): void {
    const { cursor, host, servers, fleet } = state;
    const lives = servers.map(({ pid, startedAt, name, socket, version }) => {
      return { name, socket, version, incarnation: { pid, started_at: startedAt } };
    });
    const ofFleet = fleet && { rewinds: fleet.rewinds, seen: Object.fromEntries(fleet.seen) };
    const text = `${JSON.stringify({ v: 1, cursor, host, servers: lives, fleet: ofFleet })}\n`;
    if (text === this.#saved || isBehind(positionOf(state), positionOf(this.load()))) return;
    writeFileSync(this.#draft, text, { mode: 0o600 });
    renameSync(this.#draft, this.path);
    this.#saved = text;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function parseState(text: string): FollowState {
  const fields = parseObject(text);
  const cursor = asText(fields?.['cursor']);
  if (!fields || (cursor !== null && !CURSOR.test(cursor))) return NO_STATE;
  const fleet = asObject(fields['fleet']);
  const state = { cursor, host: asText(fields['host']), servers: livesIn(readServers(fields['servers'])) };
  return fleet === null ? state : { ...state, fleet: fleetOf(fleet) };
}

function fleetOf(fields: JsonObject): FleetState {
  const seen = Object.entries(asObject(fields['seen']) ?? {});
  return {
    rewinds: asNumber(fields['rewinds']) ?? 0,
    seen: seen.flatMap(([log, number]) => (typeof number === 'number' ? [[log, number] as const] : [])),
  };
}

/** How far the follower of a state has come. */
export function positionOf({ cursor, fleet }: FollowState): Position {
  return { cursor, rewinds: fleet?.rewinds ?? 0 };
}
