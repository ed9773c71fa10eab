import type { Answer } from '../../../../src/bus/connection/stream-answer.ts';
import type { EventPlace } from '../../../../src/core/event/event-log.ts';

/** A message in the stream. */
interface StoredMessage {
  readonly sequence: number;
  readonly place: EventPlace;
}

/** A stream that holds the messages of one name, as JetStream does: with a dedup window that is over at once, or one that never ends. */
export class ModelStream {
  messages: StoredMessage[] = [];
  readonly #hasDedupWindow: boolean;
  #known = new Map<string, number>();
  #sequence = 0;

  constructor(hasDedupWindow: boolean) {
    this.#hasDedupWindow = hasDedupWindow;
  }

  /** Stores a message if our last one is the expected one. */
  publish(place: EventPlace, expected: number): Answer {
    const found = this.lastSequence;
    if (found !== expected) return { kind: 'wrong_sequence', found };
    const known = this.#known.get(idOf(place));
    if (this.#hasDedupWindow && known !== undefined) return { kind: 'stored', sequence: known, isDuplicate: true };
    this.#sequence++;
    this.messages.push({ sequence: this.#sequence, place });
    this.#known.set(idOf(place), this.#sequence);
    return { kind: 'stored', sequence: this.#sequence, isDuplicate: false };
  }

  /** The last message, as a replica says that has not seen the newest `lag` messages. */
  last(lag = 0): Answer {
    const message = this.messages.at(-1 - lag);
    return message ? { kind: 'last', sequence: message.sequence, event: message.place, json: '' } : { kind: 'no_last' };
  }

  get lastSequence(): number {
    return this.messages.at(-1)?.sequence ?? 0;
  }

  /** Removes all messages, as a purge does: the sequence goes on. */
  purge(): void {
    this.messages = [];
  }

  /** Is made anew. */
  makeAnew(): void {
    this.messages = [];
    this.#sequence = 0;
    this.#known = new Map();
  }

  /** Goes back to an older state: the newest `count` messages are lost. At least one stays. */
  lose(count: number): void {
    this.messages = this.messages.slice(0, Math.max(1, this.messages.length - count));
    this.#sequence = this.lastSequence;
    this.#known = new Map(this.messages.map(({ place, sequence }) => [idOf(place), sequence]));
  }

  /** The messages of an epoch, by their sequence in its history. */
  seqsOf(epoch: string): number[] {
    return this.messages.flatMap(({ place }) => (place.epoch === epoch ? [place.seq] : []));
  }
}

function idOf({ epoch, seq }: EventPlace): string {
  return `${epoch}-${seq}`;
}
