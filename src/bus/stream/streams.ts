/** The stream of all events of the fleet. */
export const EVENT_STREAM = 'TMUX_EVENTS';

/** The stream of the states of all hosts. */
export const HOST_STREAM = 'TMUX_HOSTS';

/** The most bytes of the message of an event that its stream takes, headers included. */
export const MOST_EVENT_MESSAGE_BYTES = 8_192;

/** The most bytes of the message about a host that its stream takes, headers included. */
export const MOST_HOST_MESSAGE_BYTES = 65_536;

/** The version of the messages about hosts: their field `v`. */
export const HOST_MESSAGE_VERSION = 1;

const SECOND_NS = 1_000_000_000;

/** What a person chooses about the streams. */
export interface StreamWishes {
  readonly prefix: string;
  readonly replicas: number;
  readonly maxAgeMs: number;
  readonly maxBytes: number;
}

/** The settings of a stream, in the terms of JetStream. */
export type StreamSettings = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A stream and the settings that it must have. */
export interface WantedStream {
  readonly name: string;
  readonly settings: StreamSettings;
}

/** Both streams of a fleet. */
export function wantedStreams({ prefix, replicas, maxAgeMs, maxBytes }: StreamWishes): WantedStream[] {
  const common = { storage: 'file', retention: 'limits', discard: 'old', num_replicas: replicas };
  return [
    {
      name: EVENT_STREAM,
      settings: {
        ...common,
        subjects: [`${prefix}.events.*.*`],
        max_age: maxAgeMs * 1_000_000,
        max_bytes: maxBytes,
        // A host that flaps evicts its own events of that type, never a death or another host.
        max_msgs_per_subject: 1_000,
        max_msg_size: MOST_EVENT_MESSAGE_BYTES,
        duplicate_window: 120 * SECOND_NS,
        allow_direct: true,
        deny_delete: true,
      },
    },
    {
      name: HOST_STREAM,
      settings: {
        ...common,
        subjects: [`${prefix}.hosts.*`],
        max_age: 7 * 86_400 * SECOND_NS,
        max_msgs_per_subject: 1,
        max_msg_size: MOST_HOST_MESSAGE_BYTES,
      },
    },
  ];
}
