import type { JsMsg } from '@nats-io/jetstream';
import type { ReopenReason } from '../../core/fleet/fleet.ts';
import { errorText } from '../../core/text.ts';
import { Alarm, type BusClock } from '../bus-clock.ts';
import type { BusConnection } from '../connection/nats-connection.ts';
import { OrderedConsumer } from './ordered-consumer.ts';
import { problemOf, reopeningText } from './reading-text.ts';
import { type StreamState, streamLookOf } from './stream-look.ts';
import { type Comparison, FRESH_WATCH, judge, type Verdict, type Watch } from './watchdog.ts';

/** How often the stream is looked at. */
const LOOK_MS = 1_000;

/** The parts that a reader is built from. */
export interface StreamReaderOptions {
  readonly stream: string;
  /** Messages that are on their way at most. */
  readonly batch: number;
  readonly connection: Pick<BusConnection, 'request' | 'client' | 'reconnect'>;
  /** The sequence after which a log begins to be read. */
  readonly beginAt: (state: StreamState) => number;
  /** Compares messages that were read with the stream in this state: the newest one, or while the stream is being read one of before the last comparison. */
  readonly compare: (isReading: boolean, state: StreamState) => Promise<Comparison>;
  /**
   * The newest message that was read; null if there is none. A consumer begins with it, so it shows by itself whether the stream is
   * still the same. Every node answers a comparison, also one that lags behind.
   */
  readonly newest: () => ReadMessage | null;
  readonly observer: StreamObserver;
  readonly clock: BusClock;
  /** 0 to 1, exclusive. */
  readonly random: () => number;
}

/** A message that was read. */
export interface ReadMessage {
  readonly seq: number;
  /** Whether a message with the same sequence is this one. */
  readonly isSame: (message: JsMsg) => boolean;
}

/** Gets what a stream holds, and what becomes of it. */
export interface StreamObserver {
  /** A message, in the order of the stream. `skipped` sequences before it have no message any more. */
  readonly onMessage: (message: JsMsg, skipped: number) => void;
  /** `skipped` sequences up to the end have no message any more. */
  readonly onEnd: (skipped: number) => void;
  /** The log is read from its beginning: at the start, and after it was made anew or went back. */
  readonly onLog: (state: StreamState) => void;
  readonly onState: (state: StreamState) => void;
  readonly onReopened: (reason: ReopenReason) => void;
  readonly onUpChanged: () => void;
  /** All was read that the stream held at the start. */
  readonly onRead: () => void;
  readonly report: (level: 'warn' | 'error', message: string) => void;
}

/** Reads a stream for ever, through a consumer of the client and a watchdog: the client takes up to 76 s to notice that its consumer delivers nothing. */
export class StreamReader {
  readonly #options: StreamReaderOptions;
  readonly #alarm: Alarm;
  #consumer: OrderedConsumer | null = null;
  #watch: Watch = FRESH_WATCH;
  /** How often the connection was lost: what was asked before says nothing of the next one. */
  #losses = 0;
  #state: StreamState | null = null;
  #position = 0;
  /** Sequence up to which there is certainly no message beyond those that the consumer delivers. */
  #end = 0;
  /** The position at which a consumer was opened last. */
  #openedAt = -1;
  /** What the stream held at the start. */
  #goal: number | null = null;
  /** What it held when its log began to be read, which can be later. */
  #logGoal = 0;
  #hasRead = false;
  #heardAt = 0;
  /** When the newest message that was read was stored: Unix milliseconds. */
  #storedAt: number | null = null;
  #problem: string | null = null;
  /** Whether a consumer delivered another message in place of one that was read. */
  #isOther = false;
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock);
    this.#ended = this.#run();
  }

  /** Whether its messages come in at present. */
  get isUp(): boolean {
    return this.#consumer !== null;
  }

  /** Whether all was read that the stream held at the start. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  /** Whether all was read that the log held when it began to be read. */
  get isWhole(): boolean {
    return this.#hasRead && this.#position >= this.#logGoal;
  }

  /** How much older than the newest message of the stream the newest that was read is; 0 if all was read. */
  get lagSeconds(): number {
    const state = this.#state;
    if (state === null || this.#storedAt === null || state.lastSeq <= this.#position) return 0;
    return Math.max(0, state.lastAt - this.#storedAt) / 1_000;
  }

  /** Looks at the stream at once: the connection is there, or was lost. */
  wake(): void {
    if (!this.#options.connection.client) {
      this.#losses++;
      this.#watch = FRESH_WATCH;
      this.#close();
    }
    this.#alarm.ring();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#close();
    this.#alarm.ring();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    while (!this.#isStopped) {
      const begunAt = clock.uptime();
      await this.#look();
      const waitMs = LOOK_MS * (0.9 + 0.2 * random()) - (clock.uptime() - begunAt);
      if (!this.#isStopped) await this.#alarm.wait(Math.max(1, waitMs));
    }
  }

  async #look(): Promise<void> {
    const { connection, stream, clock } = this.#options;
    if (!connection.client) return;
    const [position, created, losses] = [this.#position, this.#state?.created ?? null, this.#losses];
    const look = streamLookOf(await connection.request(`$JS.API.STREAM.INFO.${stream}`, ''));
    // After the state, which says that the stream is long enough for the comparison.
    const comparison = created === null || look.kind !== 'state' ? 'same' : await this.#compare(look.state);
    if (this.#isStopped || losses !== this.#losses) return;
    const at = { now: clock.uptime(), heardAt: this.#heardAt, position, created, comparison };
    const { watch, verdict } = judge(this.#watch, look, at);
    this.#watch = watch;
    const problem = problemOf(look, stream);
    if (problem !== null) this.#tell(problem);
    if (look.kind === 'state') await this.#follow(verdict, look.state);
    else if (look.kind === 'missing') this.#close();
    else if (verdict === 'unhealthy') this.#changeServer();
  }

  async #compare(state: StreamState): Promise<Comparison> {
    return this.#isOther ? 'other' : this.#options.compare(this.isUp, state);
  }

  async #follow(verdict: Verdict, state: StreamState): Promise<void> {
    const isFirst = this.#state === null;
    this.#state = state;
    if (isFirst || verdict === 'rewound') this.#beginLog(state);
    this.#options.observer.onState(state);
    if (verdict === 'unhealthy') this.#changeServer();
    if (verdict === 'rewound' && !isFirst) this.#reopen('rewound');
    if (verdict === 'stuck') this.#reopen('stuck');
    if (this.#consumer === null && verdict !== 'unhealthy' && verdict !== 'doubtful') await this.#open(state);
  }

  #beginLog(state: StreamState): void {
    this.#close();
    this.#isOther = false;
    this.#position = this.#options.beginAt(state);
    this.#logGoal = state.lastSeq;
    if (!this.#hasRead) this.#goal = state.lastSeq;
    this.#options.observer.onLog(state);
  }

  #changeServer(): void {
    if (this.isUp) this.#reopen('unhealthy');
    this.#options.connection.reconnect();
  }

  #reopen(reason: ReopenReason): void {
    const { stream, observer } = this.#options;
    this.#close();
    observer.onReopened(reason);
    observer.report('warn', reopeningText(stream, reason));
  }

  async #open(state: StreamState): Promise<void> {
    const { connection, stream, batch, observer } = this.#options;
    const { client } = connection;
    if (!client) return;
    const losses = this.#losses;
    this.#end = this.#endFor(state);
    this.#heardAt = this.#options.clock.uptime();
    let isMine = true;
    const newest = this.#options.newest();
    const onMessage = (message: JsMsg) => {
      if (!isMine) return;
      isMine = message.seq !== newest?.seq || newest.isSame(message);
      if (isMine) this.#take(message);
      else this.#foundOther();
    };
    const onEnd = () => {
      if (!isMine) return;
      isMine = false;
      this.#reopen('closed');
    };
    try {
      const consumer = await OrderedConsumer.open(
        client,
        { stream, from: newest?.seq ?? this.#position + 1, batch },
        { onMessage, onEnd },
      );
      const isEmpty = await consumer.isEmpty();
      if (!isMine || this.#isStopped || losses !== this.#losses) {
        isMine = false;
        consumer.close();
        return;
      }
      this.#consumer = consumer;
      this.#tell(null);
      if (isEmpty) this.#reachEnd();
      observer.onUpChanged();
    } catch (error) {
      isMine = false;
      this.#tell(`${stream} cannot be read (${errorText(error)})`);
    }
  }

  /**
   * A consumer lives on one node. If that node catches up with the others, it ends too early, and the leader can take a moment to
   * know of it. So what follows the first message is only skipped if a second consumer, some seconds later, delivers nothing either.
   */
  #endFor({ firstSeq, lastSeq, isCurrent }: StreamState): number {
    const isSecond = this.#openedAt === this.#position;
    this.#openedAt = this.#position;
    return isSecond && isCurrent ? lastSeq : firstSeq - 1;
  }

  /** The log is read from its beginning at the next look. */
  #foundOther(): void {
    this.#isOther = true;
    this.#close();
    this.#alarm.ring();
  }

  #take(message: JsMsg): void {
    const { streamSequence, pending } = message.info;
    this.#heardAt = this.#options.clock.uptime();
    this.#storedAt = storedAt(message);
    if (streamSequence > this.#position) {
      const skipped = streamSequence - this.#position - 1;
      this.#position = streamSequence;
      this.#options.observer.onMessage(message, skipped);
    }
    if (pending === 0) this.#reachEnd();
    else this.#noteRead();
  }

  /** Nothing more is in the stream: sequences up to the end that it had before have no message any more. */
  #reachEnd(): void {
    const skipped = this.#end - this.#position;
    if (skipped > 0) {
      this.#position = this.#end;
      this.#options.observer.onEnd(skipped);
    }
    this.#noteRead();
  }

  #noteRead(): void {
    if (this.#hasRead || this.#goal === null || this.#position < this.#goal) return;
    this.#hasRead = true;
    this.#options.observer.onRead();
  }

  #close(): void {
    if (!this.#consumer) return;
    this.#consumer.close();
    this.#consumer = null;
    this.#options.observer.onUpChanged();
  }

  #tell(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem !== null) this.#options.observer.report('error', problem);
  }
}

/** When a message was stored by the bus: Unix milliseconds. */
export function storedAt({ info }: JsMsg): number {
  return info.timestampNanos / 1_000_000;
}
