import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { asText, parseObject } from '../feed/json.ts';
import { type KnownServer, livesIn } from '../feed/known-server.ts';
import { readServers } from '../feed/stream-message.ts';

/** What a follower keeps beyond its own life. */
export interface FollowState {
  /** Id of the event up to which all was handled; null before the first. */
  readonly cursor: string | null;
  /** The servers that lived then. */
  readonly servers: readonly KnownServer[];
}

/** What is known at first: nothing. */
export const NO_STATE: FollowState = { cursor: null, servers: [] };

const CURSOR = /^[\x21-\x7e]{1,64}$/;
const EVENT_ID = /^(.*)-(\d{1,15})$/;

/**
 * Keeps the state of a follower in one file, replaced whole, for its owner alone.
 *
 * It is not locked: two followers that do the same for the same feed share it. Each replaces it by a file of its own making,
 * so that it is never half written, and the cursor of one log never goes back: what one of them handled is handled.
 */
export class StateFile {
  readonly path: string;
  readonly #former: readonly string[];
  readonly #draft: string;
  #saved = '';

  /** `writer` tells this process from every other, such as its pid. `former` are places where the state may be if it is not at `path`. */
  constructor(path: string, writer: string, former: readonly string[] = []) {
    this.path = path;
    this.#former = former;
    this.#draft = `${path}.${writer}`;
  }

  /** Reads what was kept; {@link NO_STATE} where there is nothing, or nothing that makes sense. */
  load(): FollowState {
    const text = read(this.path);
    if (text !== '') return parseState(text);
    // Another machine may have written it, whose servers cannot be found here. A cursor names its log.
    const former = this.#former.map(read).find((found) => found !== '') ?? '';
    return { ...parseState(former), servers: [] };
  }

  /** Keeps the state in its folder, which exists. Throws if it cannot be written. */
  save({ cursor, servers }: FollowState): void {
    const lives = servers.map(({ pid, startedAt, name, socket, version }) => {
      return { name, socket, version, incarnation: { pid, started_at: startedAt } };
    });
    const text = `${JSON.stringify({ v: 1, cursor, servers: lives })}\n`;
    if (text === this.#saved || isBehind(cursor, this.load().cursor)) return;
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
  return { cursor, servers: livesIn(readServers(fields['servers'])) };
}

/** Whether `cursor` stands before `kept` in the same log. */
function isBehind(cursor: string | null, kept: string | null): boolean {
  const [, epoch, digits] = EVENT_ID.exec(cursor ?? '') ?? [];
  const [, keptEpoch, keptDigits] = EVENT_ID.exec(kept ?? '') ?? [];
  return epoch !== undefined && epoch === keptEpoch && Number(digits) < Number(keptDigits);
}
