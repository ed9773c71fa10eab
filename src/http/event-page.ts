import type { Response } from 'express';

/** A part of the history, as JSON. */
export interface EventPage {
  /** The JSON of each event, oldest first. */
  readonly events: readonly string[];
  /** What is missing before and between them; null if nothing is. */
  readonly gap: { readonly reason: string; readonly missed: number | null } | null;
  /** Id to go on from. */
  readonly next: string;
  /** Id of the newest event. */
  readonly newest: string;
}

/** Sends a page. The events are JSON already. */
export function sendPage(response: Response, { events, ...rest }: EventPage): void {
  response.type('json').send(`{"events":[${events.join(',')}],${JSON.stringify(rest).slice(1)}`);
}
