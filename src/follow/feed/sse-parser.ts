/** One block of an event stream: the lines between two empty lines. */
export interface SseBlock {
  /** The new cursor; null if the block has none. An empty one means that there is no cursor any more. */
  readonly id: string | null;
  /** `message` if the block names no type. */
  readonly type: string;
  /** Null if the block has no data, such as a heartbeat. */
  readonly data: string | null;
  /** How long to wait before a reconnect, in milliseconds; null if the block does not say. */
  readonly retryMs: number | null;
  /** The lines that begin with a colon, without it; null if there are none. */
  readonly comment: string | null;
}

/** The name of the field that a line without a name has. */
const COMMENT = '';

/** A snapshot of a thousand servers takes half a megabyte. */
const LONGEST_BLOCK = 16 * 1024 * 1024;

/**
 * Parses `text/event-stream` as specified in https://html.spec.whatwg.org/multipage/server-sent-events.html, in chunks of any size.
 * It also returns blocks without data: their ids move the cursor, and their comments say how the source is.
 */
export class SseParser {
  #line = '';
  #hasBegun = false;
  #endedWithReturn = false;
  #size = 0;
  #fields: Map<string, string> = new Map();

  /** Returns the blocks that this chunk completes. Throws if a block grows too long. */
  push(chunk: string): SseBlock[] {
    if (chunk === '') return [];
    const isMark = (!this.#hasBegun && chunk.startsWith('\ufeff')) || (this.#endedWithReturn && chunk.startsWith('\n'));
    const text = isMark ? chunk.slice(1) : chunk;
    this.#hasBegun = true;
    this.#endedWithReturn = chunk.endsWith('\r');
    const lines = text.split(/\r\n|\r|\n/);
    lines[0] = this.#line + lines[0];
    this.#line = lines.pop() ?? '';
    const blocks = lines.map((line) => this.#take(line)).filter((block) => block !== null);
    if (this.#size + this.#line.length > LONGEST_BLOCK) throw new Error('a block of the stream is too long');
    return blocks;
  }

  #take(line: string): SseBlock | null {
    if (line === '') return this.#finish();
    this.#size += line.length;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    this.#keep(name, value);
    return null;
  }

  #keep(name: string, value: string): void {
    if (name === 'id' && value.includes('\0')) return;
    const before = name === 'data' || name === COMMENT ? this.#fields.get(name) : undefined;
    this.#fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }

  #finish(): SseBlock | null {
    const fields = this.#fields;
    this.#fields = new Map();
    this.#size = 0;
    const id = fields.get('id') ?? null;
    const data = fields.get('data') ?? null;
    const retry = fields.get('retry') ?? '';
    const retryMs = /^[0-9]{1,9}$/.test(retry) ? Number(retry) : null;
    const comment = fields.get(COMMENT) ?? null;
    if (id === null && data === null && retryMs === null && comment === null) return null;
    return { id, type: fields.get('event') || 'message', data, retryMs, comment };
  }
}
