import { byteLength, shorten } from '../text.ts';
import type { EventDraft } from './event.ts';

/** The most bytes of an event as JSON. */
export const MOST_EVENT_BYTES = 4_096;

/** The most bytes that an event has besides its draft: id, time, host and boot. */
const STAMP_BYTES = 400;

const MOST_DRAFT_BYTES = MOST_EVENT_BYTES - STAMP_BYTES;

/** The limits that are tried for the texts of a draft, in characters. The first with which it fits is used. */
const LONGEST_TEXTS = [1_024, 512, 256, 128, 64, 32, 16];

/** Fields that programs read. Their length is limited by their kind. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  'id',
  'type',
  'severity',
  'incident',
  'gone',
  'name',
  'registration',
  'started_at',
  'last_seen',
  'detected_at',
  'as_of',
  'previous_boot_id',
]);

/** Shortens the texts of a draft if its event would be larger than 4 KiB: any user can make a socket with a long path. */
export function fitDraft(draft: EventDraft): EventDraft {
  let fitting = draft;
  let json = JSON.stringify(draft);
  for (const longest of LONGEST_TEXTS) {
    // No character has more than 3 bytes for each unit of UTF-16.
    if (json.length * 3 <= MOST_DRAFT_BYTES || byteLength(json) <= MOST_DRAFT_BYTES) break;
    json = JSON.stringify(draft, (key, value: unknown) => cut(key, value, longest));
    fitting = JSON.parse(json) as EventDraft;
  }
  return fitting;
}

function cut(key: string, value: unknown, longest: number): unknown {
  return typeof value === 'string' && !UNTOUCHED.has(key) ? shorten(value, longest) : value;
}
