import { timeText } from '../text.ts';
import { EVENT_VERSION, type EventDraft, type TmuxEvent } from './event.ts';
import type { RetentionKey } from './retention.ts';

/** Number of events that are kept. */
export const HISTORY_EVENTS = 10_000;

/** An event with its number in the log, and its JSON, which all readers share. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: TmuxEvent;
  readonly json: string;
  /** Decides how long it is kept. */
  readonly retention: RetentionKey;
}

/** The machine and boot that events come from: the same for all events of one daemon. */
export interface Origin {
  readonly host: string;
  readonly bootId: string | null;
}

/** The epoch that a log had before the present one. The events up to `until` belong to both. */
export interface FormerEpoch {
  readonly epoch: string;
  readonly until: number;
}

/** The part of the log that readers need. */
export interface History {
  readonly epoch: string;
  /** Null if there was none. */
  readonly former: FormerEpoch | null;
  /** Sequence of the newest event; 0 before the first. */
  readonly head: number;
  /** Sequence of the oldest event still kept; `head + 1` if there is none. Newer ones can be missing: a death is kept longer than routine changes. */
  readonly oldest: number;
  /** The kept events after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit?: number): readonly LoggedEvent[];
  /** How many events after `seq`, which is at most `head`, are not kept any more. */
  missingAfter(seq: number): number;
}

/** A log to which events are appended. */
export interface EventLog extends History {
  /** Makes an event of a draft, with an id and the time, and adds it to the log. */
  append(draft: EventDraft, now: number): LoggedEvent;
}

/** The id of the event with sequence `seq`. */
export function eventId(epoch: string, seq: number): string {
  return `${epoch}-${seq}`;
}

/** The place in the log that a reader's cursor points to, or why there is none. */
export type Cursor =
  | { readonly kind: 'at'; readonly seq: number }
  /** Events after it are not kept any more; those that are follow `seq`. */
  | { readonly kind: 'unservable'; readonly reason: 'evicted'; readonly missed: number; readonly seq: number }
  /** The id is from another log: the kept events after `seq` can be new to its reader. */
  | { readonly kind: 'unservable'; readonly reason: 'epoch'; readonly missed: null; readonly seq: number }
  | { readonly kind: 'unservable'; readonly reason: 'future' | 'malformed'; readonly missed: null };

/** An event id: the epoch of its history, and the sequence in it. */
export interface EventPlace {
  readonly epoch: string;
  readonly seq: number;
}

const EPOCH = '[A-Za-z0-9]{1,32}';
const ID = new RegExp(`^(${EPOCH})-(\\d{1,15})$`);
const WHOLE_EPOCH = new RegExp(`^${EPOCH}$`);

/** Whether a text can be the epoch of a history. */
export function isEpoch(text: string): boolean {
  return WHOLE_EPOCH.test(text);
}

/** Reads an event id; null for any other text. */
export function eventPlaceOf(id: string): EventPlace | null {
  const [, epoch, digits] = ID.exec(id) ?? [];
  return epoch === undefined ? null : { epoch, seq: Number(digits) };
}

/** Reads a cursor, which is the id of the last event that a reader got. `missed` is exact, or null if it cannot be known. */
export function readCursor(id: string, history: History): Cursor {
  const place = eventPlaceOf(id);
  if (place === null) return { kind: 'unservable', reason: 'malformed', missed: null };
  const { epoch, seq } = place;
  const lastOfBoth = epoch === history.former?.epoch ? history.former.until : 0;
  if (epoch !== history.epoch && seq > lastOfBoth) {
    return { kind: 'unservable', reason: 'epoch', missed: null, seq: Math.max(lastOfBoth, history.oldest - 1) };
  }
  if (seq > history.head) return { kind: 'unservable', reason: 'future', missed: null };
  const missed = history.missingAfter(seq);
  return missed > 0 ? { kind: 'unservable', reason: 'evicted', missed, seq } : { kind: 'at', seq };
}

/** An event that was read from the store. Its JSON is parsed once, when the event is first needed: most stored events are only sent as they are. */
export function storedEvent(seq: number, json: string, retention: RetentionKey): LoggedEvent {
  let event: TmuxEvent | null = null;
  return {
    seq,
    json,
    retention,
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
    time: timeText(now),
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
