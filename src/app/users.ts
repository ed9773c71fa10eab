import type { ReadFile } from '../core/file.ts';
import type { Owner } from '../core/model/name.ts';

const LOGINS = '/etc/passwd';
const SUBORDINATE = '/etc/subuid';
const MOST_BYTES = 1_048_576;
const KEPT_MS = 10_000;
const ROOT = 0;

/** A range of user ids that a user may take on (subuid(5)). */
interface Range {
  readonly first: number;
  readonly count: number;
  /** The user that it was given to. */
  readonly owner: number;
}

/** The users of a machine. */
export class Users {
  readonly #logins: ReadonlyMap<number, string>;
  readonly #ranges: readonly Range[];

  private constructor(logins: ReadonlyMap<number, string>, ranges: readonly Range[]) {
    this.#logins = logins;
    this.#ranges = ranges;
  }

  /** Reads them. A file that cannot be read is taken for an empty one. */
  static async read(readFile: ReadFile): Promise<Users> {
    const [accounts, ranges] = await Promise.all([linesOf(readFile, LOGINS), linesOf(readFile, SUBORDINATE)]);
    const [logins, uids] = [new Map<number, string>(), new Map<string, number>()];
    for (const [login, , uid = ''] of accounts) {
      if (!login || !isNumber(uid)) continue;
      // Two logins can share a user id; the system names the first.
      if (!logins.has(Number(uid))) logins.set(Number(uid), login);
      uids.set(login, Number(uid));
    }
    return new Users(
      logins,
      ranges.flatMap((fields) => rangeOf(fields, uids)),
    );
  }

  /** Who a user id belongs to. One user can have 65,536 subordinate ids: they all belong to that user. */
  ownerOf(uid: number): Owner {
    const owner = this.#ranges.find(({ first, count }) => first <= uid && uid < first + count)?.owner ?? uid;
    return { uid: owner, login: this.#logins.get(owner) ?? String(owner) };
  }
}

/** Gives the users of the machine. They are read again after ten seconds; `nowMs` is a monotonic clock. */
export function usersReader(readFile: ReadFile, nowMs: () => number): () => Promise<Users> {
  let kept: { readonly users: Promise<Users>; readonly until: number } | null = null;
  return () => {
    if (kept === null || nowMs() >= kept.until) kept = { users: Users.read(readFile), until: nowMs() + KEPT_MS };
    return kept.users;
  };
}

function rangeOf([user = '', first = '', count = '']: readonly string[], uids: ReadonlyMap<string, number>): Range[] {
  if (!isNumber(first) || !isNumber(count)) return [];
  const owner = uids.get(user) ?? (isNumber(user) ? Number(user) : ROOT);
  // Ranges of root are those of containers, which must not count as root. A user of a directory service has no line in the file of
  // logins. For both, the first id of the range stands for all.
  return [{ first: Number(first), count: Number(count), owner: owner === ROOT ? Number(first) : owner }];
}

/** The fields of each line; none if the file cannot be read. */
async function linesOf(readFile: ReadFile, path: string): Promise<readonly (readonly string[])[]> {
  const reading = await readFile(path, MOST_BYTES);
  return reading.kind === 'read' ? reading.text.split('\n').map((line) => line.split(':')) : [];
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}
