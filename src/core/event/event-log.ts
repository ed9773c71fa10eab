import { EVENT_VERSION, type EventDraft, type TmuxEvent } from './event.ts';

/** Number of events that are kept. */
export const HISTORY_EVENTS = 10_000;

/** An event with its number in the log and its JSON, which is made once for all readers. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: TmuxEvent;
  readonly json: string;
}

/** The machine and boot that events come from: the same for all events of one daemon. */
export interface Origin {
  readonly host: string;
  readonly bootId: string | null;
}

/** The part of the log that readers need. */
export interface History {
  readonly epoch: string;
  /** Sequence of the newest event; 0 before the first. */
  readonly head: number;
  /** Sequence of the oldest kept event; `head + 1` if there is none. */
  readonly oldest: number;
  /** The kept events after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit?: number): readonly LoggedEvent[];
}

/** A log to which events are appended. */
export interface EventLog extends History {
  /** Gives a draft its id and time, and adds it to the log. */
  append(draft: EventDraft, now: number): LoggedEvent;
}

/** The id of the event with sequence `seq`. */
export function eventId(epoch: string, seq: number): string {
  return `${epoch}-${seq}`;
}

/** The place in the log that a reader's cursor points to, or why there is none. */
export type Cursor =
  | { readonly kind: 'at'; readonly seq: number }
  | {
      readonly kind: 'unservable';
      readonly reason: 'evicted' | 'epoch' | 'future' | 'malformed';
      readonly missed: number | null;
    };

const ID = /^([A-Za-z0-9]{1,32})-(\d{1,15})$/;

/** Finds the place of the last event that a reader has read. `missed` is known only for events that were evicted since. */
export function readCursor(id: string, { epoch, head, oldest }: History): Cursor {
  const [, idEpoch, digits] = ID.exec(id) ?? [];
  if (digits === undefined) return { kind: 'unservable', reason: 'malformed', missed: null };
  if (idEpoch !== epoch) return { kind: 'unservable', reason: 'epoch', missed: null };
  const seq = Number(digits);
  if (seq > head) return { kind: 'unservable', reason: 'future', missed: null };
  if (seq < oldest - 1) return { kind: 'unservable', reason: 'evicted', missed: oldest - 1 - seq };
  return { kind: 'at', seq };
}

/** An event read back from the store. Its JSON is parsed at most once, when a reader first needs it. */
export function storedEvent(seq: number, json: string): LoggedEvent {
  let event: TmuxEvent | null = null;
  return {
    seq,
    json,
    get event() {
      event ??= JSON.parse(json) as TmuxEvent;
      return event;
    },
  };
}

/** Makes the event of a draft. */
export function stampEvent(draft: EventDraft, id: string, now: number, origin: Origin): TmuxEvent {
  const { details, incident, title, body, type, severity, server } = draft;
  return {
    v: EVENT_VERSION,
    id,
    type,
    time: new Date(now).toISOString(),
    severity,
    host: origin.host,
    boot_id: origin.bootId,
    server,
    incident: incident === 'opens' ? id : incident,
    title,
    body,
    ...details,
  } as TmuxEvent;
}
