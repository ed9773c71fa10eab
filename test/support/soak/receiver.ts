import type { Notification } from '../../../src/core/alert/notification.ts';
import { type Answer, answers, Endpoint, type EndpointRequest } from '../../alert/support/endpoint.ts';

/** A receiver of web hooks that keeps which incidents it accepted a message about. */
export class Receiver {
  readonly name: string;
  /** Whether it refuses everything for now. */
  isFailing = false;
  /** The ids of the messages that it accepted about each death, by the id of the event. */
  readonly accepted = new Map<string, Set<string>>();
  /** Messages that came again under the same id. That is allowed: their answer was not read in time. */
  readonly again: string[] = [];
  refused = 0;
  readonly #ids = new Set<string>();
  readonly #endpoint: Endpoint;

  private constructor(name: string, endpoint: Endpoint) {
    this.name = name;
    this.#endpoint = endpoint;
    endpoint.answer = (response, request) => {
      this.#answerOf(request)(response, request);
      // Thousands of messages are no reason for us to grow.
      endpoint.requests.length = 0;
    };
  }

  static async start(name: string): Promise<Receiver> {
    return new Receiver(name, await Endpoint.start());
  }

  /** Its part of the configuration: every death, as soon as possible. */
  get config(): object {
    const group = { wait: '1s', interval: '0s' };
    return { name: this.name, url: this.#endpoint.url, events: ['server-gone'], cooldown: '0s', group };
  }

  close(): Promise<void> {
    return this.#endpoint.close();
  }

  #answerOf({ body, headers }: EndpointRequest): Answer {
    if (this.isFailing) {
      this.refused++;
      return answers(503, '', { 'retry-after': '5' });
    }
    const id = String(headers['webhook-id']);
    if (this.#ids.has(id)) this.again.push(`${new Date().toISOString()} ${id}`);
    this.#ids.add(id);
    const { notices } = JSON.parse(body) as Notification;
    for (const { status, event } of notices) {
      if (status === 'firing') this.accepted.set(event.id, (this.accepted.get(event.id) ?? new Set()).add(id));
    }
    return answers(204);
  }
}
