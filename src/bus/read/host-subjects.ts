import type { StreamInfo } from '@nats-io/jetstream';
import type { BusConnection } from '../connection/nats-connection.ts';
import { HOST_STREAM } from '../stream/streams.ts';
import { hostSubject, hostSubjectName } from '../stream/subjects.ts';

/** The reports of the hosts on the bus, by their subjects. */
export class HostSubjects {
  readonly #connection: Pick<BusConnection, 'request'>;
  readonly #prefix: string;

  constructor(connection: Pick<BusConnection, 'request'>, prefix: string) {
    this.#connection = connection;
    this.#prefix = prefix;
  }

  /** The names of all hosts that have a report; null if the bus does not say. */
  async names(): Promise<ReadonlySet<string> | null> {
    const request = JSON.stringify({ subjects_filter: hostSubject(this.#prefix, '*') });
    const reply = await this.#connection.request(`$JS.API.STREAM.INFO.${HOST_STREAM}`, request);
    if (reply.kind !== 'reply') return null;
    const { state } = reply.message.json<Partial<StreamInfo>>();
    const names = Object.keys(state?.subjects ?? {}).map((subject) => hostSubjectName(this.#prefix, subject));
    return state ? new Set(names.filter((name) => name !== null)) : null;
  }

  /** Removes the report of a host. Gives the problem if that fails. */
  async purge(name: string): Promise<string | null> {
    const right = `$JS.API.STREAM.PURGE.${HOST_STREAM}`;
    const reply = await this.#connection.request(right, JSON.stringify({ filter: hostSubject(this.#prefix, name) }));
    if (reply.kind === 'unreachable') return `the bus does not answer (${reply.problem}): try again`;
    if (reply.kind === 'refused')
      return `the bus does not allow it (${reply.problem}): give the user of the hub the right to publish ${right}`;
    const { error } = reply.message.json<{ readonly error?: { readonly description?: string } }>();
    return error ? `the bus refuses it: ${error.description ?? 'it does not say why'}` : null;
  }
}
