import { byteLength, shorten } from '../text.ts';
import type { TmuxEvent } from './event.ts';

/** The most bytes of JSON that an event has. */
export const MOST_EVENT_BYTES = 4_096;

/** How long the texts of an event may be that is too long, in characters: the first of these with which it fits. */
const LONGEST_TEXTS = [1_024, 512, 256, 128, 64, 32, 16];

/** What is read by programs, and bounded by what it is. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  'id',
  'type',
  'time',
  'severity',
  'host',
  'boot_id',
  'incident',
  'gone',
  'name',
  'registration',
  'started_at',
]);

/** An event and its JSON, its texts cut if they are too long: whoever makes a socket chooses its path. */
export function fitEvent(event: TmuxEvent): { readonly event: TmuxEvent; readonly json: string } {
  let fitting = event;
  let json = JSON.stringify(event);
  for (const longest of LONGEST_TEXTS) {
    // No character has more than 3 bytes for each unit of UTF-16.
    if (json.length * 3 <= MOST_EVENT_BYTES || byteLength(json) <= MOST_EVENT_BYTES) break;
    json = JSON.stringify(event, (key, value: unknown) => cut(key, value, longest));
    fitting = JSON.parse(json) as TmuxEvent;
  }
  return { event: fitting, json };
}

function cut(key: string, value: unknown, longest: number): unknown {
  return typeof value === 'string' && !UNTOUCHED.has(key) ? shorten(value, longest) : value;
}
