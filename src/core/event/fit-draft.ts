import { byteLength, shorten } from '../text.ts';
import type { EventDraft } from './event.ts';

/** The most bytes of JSON that an event has. */
export const MOST_EVENT_BYTES = 4_096;

/** What an event has beyond its draft: its id, time, host and boot. */
const STAMP_BYTES = 400;

const MOST_DRAFT_BYTES = MOST_EVENT_BYTES - STAMP_BYTES;

/** How long the texts of a draft may be that is too long, in characters: the first of these with which it fits. */
const LONGEST_TEXTS = [1_024, 512, 256, 128, 64, 32, 16];

/** What is read by programs, and bounded by what it is. */
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

/** A draft of which an event within 4 KiB can be made, its texts cut if they are too long: whoever makes a socket chooses its path. */
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
