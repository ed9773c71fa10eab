import type { ReadFile } from '../../core/file.ts';

const SUBORDINATE = '/etc/subuid';
const LOGINS = '/etc/passwd';
const MOST_BYTES = 1_048_576;
/** Users and their ranges seldom change. */
const KEPT_MS = 10_000;

/** A range of user ids that a user may take on (subuid(5)). */
interface Range {
  readonly first: number;
  readonly count: number;
  /** The user that it was given to. */
  readonly owner: number;
}

/** Finds the user who has a subordinate user id, of which one user can have 65,536: who is counted is counted once. */
export class SubordinateUsers {
  readonly #readFile: ReadFile;
  readonly #nowMs: () => number;
  #kept: { readonly ranges: Promise<readonly Range[]>; readonly until: number } | null = null;

  /** `nowMs` is a monotonic clock. */
  constructor(readFile: ReadFile, nowMs: () => number) {
    this.#readFile = readFile;
    this.#nowMs = nowMs;
  }

  /** The user that a user id was given to; the id itself if it is nobody's subordinate one. */
  async ownerOf(uid: number): Promise<number> {
    const ranges = await this.#ranges();
    return ranges.find(({ first, count }) => first <= uid && uid < first + count)?.owner ?? uid;
  }

  #ranges(): Promise<readonly Range[]> {
    const now = this.#nowMs();
    if (this.#kept === null || now >= this.#kept.until) this.#kept = { ranges: this.#read(), until: now + KEPT_MS };
    return this.#kept.ranges;
  }

  async #read(): Promise<readonly Range[]> {
    const [ranges, logins] = await Promise.all([this.#linesOf(SUBORDINATE), this.#linesOf(LOGINS)]);
    const uids = new Map(logins.map(([login = '', , uid = '']) => [login, uid]));
    return ranges.flatMap(([user = '', first = '', count = '']) => {
      if (!isNumber(first) || !isNumber(count)) return [];
      // Users of a directory service have no line in the file of logins: their first subordinate id stands for all.
      const owner = [uids.get(user), user].find((text) => text !== undefined && isNumber(text)) ?? first;
      return [{ first: Number(first), count: Number(count), owner: Number(owner) }];
    });
  }

  /** The fields of each line; none if the file cannot be read. */
  async #linesOf(path: string): Promise<readonly (readonly string[])[]> {
    const reading = await this.#readFile(path, MOST_BYTES);
    return reading.kind === 'read' ? reading.text.split('\n').map((line) => line.split(':')) : [];
  }
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text);
}
