import type { KeptRows } from '../../core/alert/outbox.ts';
import { LONGEST_DELAY_MS } from './retry.ts';

/** The longest that what is kept may still wait, in milliseconds. */
export interface KeptLimits {
  readonly cooldownMs: number;
  /** How far ahead an incident may end of itself. */
  readonly endMs: number;
}

/** What was kept, as of `now`. It was kept in wall time, and that clock may have been set since: nothing waits longer for it than it may. */
export function limitKept(
  { notices, messages, incidents, cooldowns }: KeptRows,
  now: number,
  { cooldownMs, endMs }: KeptLimits,
): KeptRows {
  const within = (at: number, aheadMs: number) => Math.min(at, now + aheadMs);
  return {
    notices: notices.map((notice) => ({ ...notice, queuedAt: within(notice.queuedAt, 0) })),
    messages: messages.map((message) => ({
      ...message,
      createdAt: within(message.createdAt, 0),
      nextAt: within(message.nextAt, LONGEST_DELAY_MS),
    })),
    incidents: incidents.map((incident) => ({
      ...incident,
      toldAt: within(incident.toldAt, 0),
      endedAt: incident.endedAt === null ? null : within(incident.endedAt, endMs),
    })),
    cooldowns: cooldowns.map((cooldown) => ({ ...cooldown, until: within(cooldown.until, cooldownMs) })),
  };
}
