import { type Consumer, type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const REQUEST_MS = 2_000;
/** After this the bus removes a consumer that nobody reads. */
const INACTIVE_MS = 60_000;

/** The part of a stream that is read. */
export interface Section {
  readonly stream: string;
  /** The first sequence. */
  readonly from: number;
  /** Messages that are on their way at most. The server drops a connection with 64 MB of them. */
  readonly batch: number;
}

/** Gets what a consumer delivers. */
export interface ConsumerObserver {
  readonly onMessage: (message: JsMsg) => void;
  /** It delivers nothing more: it was removed, or lost its place. */
  readonly onEnd: () => void;
}

/**
 * A consumer of the client that delivers a stream in order, without holes, from some sequence on. The client would go on through
 * consumers of its own making; here it ends instead, because what it read before has to be compared with the stream first.
 */
export class OrderedConsumer {
  readonly #consumer: Consumer;
  readonly #messages: ConsumerMessages;
  #isClosed = false;

  private constructor(consumer: Consumer, messages: ConsumerMessages) {
    this.#consumer = consumer;
    this.#messages = messages;
  }

  /** Opens one. Rejects if the bus does not make it. */
  static async open(
    client: NatsConnection,
    { stream, from, batch }: Section,
    observer: ConsumerObserver,
  ): Promise<OrderedConsumer> {
    const { consumers } = jetstream(client, { timeout: REQUEST_MS });
    const consumer = await consumers.get(stream, { opt_start_seq: from, inactive_threshold: INACTIVE_MS });
    const { name } = await consumer.info(true);
    const callback = (message: JsMsg) => {
      if (opened?.isClosed) return;
      if (message.info.consumer === name) observer.onMessage(message);
      else observer.onEnd();
    };
    let opened: OrderedConsumer | null = null;
    const messages = await consumer.consume({ max_messages: batch, abort_on_missing_resource: true, callback });
    opened = new OrderedConsumer(consumer, messages);
    void messages.closed().then(() => opened.isClosed || observer.onEnd());
    return opened;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the stream held no message for it when it was opened. */
  async isEmpty(): Promise<boolean> {
    return (await this.#consumer.info(true)).num_pending === 0;
  }

  /** Ends it, and removes it from the bus if that answers. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#messages.stop();
    this.#consumer.delete().catch(() => {});
  }
}
