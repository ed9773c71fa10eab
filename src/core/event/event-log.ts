import { EVENT_VERSION, type EventDraft, type TmuxEvent } from './event.ts';

/** How many events are kept. */
export const HISTORY_EVENTS = 10_000;

/** An event with its place in the log and its JSON, made once for everybody. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: TmuxEvent;
  readonly json: string;
}

/** Where events happen: the same for all events of one daemon. */
export interface Origin {
  readonly host: string;
  readonly bootId: string | null;
}

/** The part of the log that readers need. */
export interface History {
  readonly epoch: string;
  /** Sequence of the newest event; 0 before the first. */
  readonly head: number;
  /** Sequence of the oldest event still kept; `head + 1` where none is. */
  readonly oldest: number;
  /** The kept events after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit?: number): readonly LoggedEvent[];
}

/** A log to which events are appended. */
export interface EventLog extends History {
  /** Gives a draft its id and its time and keeps it. */
  append(draft: EventDraft, now: number): LoggedEvent;
}

/** The id of the event with sequence `seq`. */
export function eventId(epoch: string, seq: number): string {
  return `${epoch}-${seq}`;
}

/** What a cursor points at in a log. */
export type Cursor =
  | { readonly kind: 'at'; readonly seq: number }
  | {
      readonly kind: 'unservable';
      readonly reason: 'evicted' | 'epoch' | 'future' | 'malformed';
      readonly missed: number | null;
    };

const ID = /^([A-Za-z0-9]{1,32})-(\d{1,15})$/;

/** Reads an event id that a reader saw last. `missed` is exact where it can be known: only events evicted since can be counted. */
export function readCursor(id: string, { epoch, head, oldest }: History): Cursor {
  const [, idEpoch, digits] = ID.exec(id) ?? [];
  if (digits === undefined) return { kind: 'unservable', reason: 'malformed', missed: null };
  if (idEpoch !== epoch) return { kind: 'unservable', reason: 'epoch', missed: null };
  const seq = Number(digits);
  if (seq > head) return { kind: 'unservable', reason: 'future', missed: null };
  if (seq < oldest - 1) return { kind: 'unservable', reason: 'evicted', missed: oldest - 1 - seq };
  return { kind: 'at', seq };
}

/** An event read back from where it was stored: its JSON is parsed when somebody first looks into it, and not again for each of the many who come back after a restart. */
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

/** The event that a draft becomes. */
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
