import { setTimeout as delay } from 'node:timers/promises';
import type { LogOutput } from './log-output.ts';

/** Maximum bytes of lines that wait for a slow reader; further lines are dropped. */
const MOST_WAITING_BYTES = 1_048_576;

/** Maximum bytes of one write. */
const BATCH_BYTES = 65_536;

/** Pause before a reader that accepted nothing is tried again, in milliseconds. */
const RETRY_MS = 50;

/** Maximum wait for the last lines at the end of the process, in milliseconds. */
const FINISH_MS = 500;

/** Writes log lines in the background: a call never waits and never throws. A line that cannot be written is dropped and counted. */
export class LogSink {
  readonly #output: LogOutput;
  /** Called after the first line that could be written after others were dropped. */
  readonly #onRecovered: (dropped: number) => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #batch: Batch | null = null;
  #isWriting = false;
  #isScheduled = false;
  /** Whether the last line was cut in the middle, so that the next one needs a line break before it. */
  #isCut = false;
  #dropped = 0;
  #reported = 0;

  constructor(output: LogOutput, onRecovered: (dropped: number) => void) {
    this.#output = output;
    this.#onRecovered = onRecovered;
  }

  /** The number of lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues a line, which includes its line break. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > MOST_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#schedule();
  }

  /** Waits until all lines are written, at most half a second. */
  async finish(): Promise<void> {
    const deadline = performance.now() + FINISH_MS;
    while (!this.#isEmpty && performance.now() < deadline) {
      this.#flush();
      await delay(1);
    }
  }

  /** Writes the waiting lines synchronously, as far as the reader accepts them; for the end of a process that cannot wait. */
  finishNow(): void {
    const rest = this.#isWriting ? [] : [this.#batch?.rest ?? Buffer.alloc(0)];
    const bytes = Buffer.concat([...rest, ...this.#waiting]);
    if (bytes.length > 0) this.#output.writeNow(bytes);
  }

  get #isEmpty(): boolean {
    return this.#batch === null && this.#waiting.length === 0;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isWriting) return;
    this.#batch ??= this.#nextBatch();
    if (this.#batch === null) return;
    this.#isWriting = true;
    this.#output.write(this.#batch.rest, (code, written) => this.#ended(code, written));
  }

  #ended(code: string | null, written: number): void {
    this.#isWriting = false;
    if (code === 'EAGAIN') {
      // The timer must not keep a process alive that has nothing else to do.
      setTimeout(() => this.#flush(), RETRY_MS).unref();
      return;
    }
    if (code === null) this.#advance(written);
    else this.#drop();
    if (!this.#isEmpty) this.#schedule();
  }

  #advance(written: number): void {
    if (this.#batch === null) return;
    const rest = this.#batch.rest.subarray(written);
    this.#isCut = rest.length > 0;
    this.#batch = rest.length > 0 ? { rest } : null;
    if (this.#batch === null) this.#reportRecovery();
  }

  #drop(): void {
    const lines = (this.#batch?.rest ?? []).filter((byte) => byte === LINE_FEED).length;
    this.#dropped += Math.max(1, lines);
    this.#batch = null;
  }

  #reportRecovery(): void {
    const dropped = this.#dropped - this.#reported;
    if (dropped === 0) return;
    this.#reported = this.#dropped;
    this.#onRecovered(dropped);
  }

  #nextBatch(): Batch | null {
    const lines: Buffer[] = this.#isCut && this.#waiting.length > 0 ? [Buffer.from('\n')] : [];
    let bytes = 0;
    for (let next = this.#waiting[0]; next && bytes < BATCH_BYTES; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingBytes -= next.length;
      bytes += next.length;
      lines.push(next);
    }
    return lines.length > 0 ? { rest: Buffer.concat(lines) } : null;
  }
}

/** The lines being written: the part that is not written yet. */
interface Batch {
  readonly rest: Buffer;
}

const LINE_FEED = 10;
