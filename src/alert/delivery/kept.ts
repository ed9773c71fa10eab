import type { KeptRows } from '../../core/alert/outbox.ts';
import { LONGEST_DELAY_MS } from './retry.ts';

/** How long stored rows may still wait, in milliseconds. */
export interface KeptLimits {
  readonly cooldownMs: number;
  /** How far in the future the end of an incident may be. */
  readonly endMs: number;
}

/** Limits the times of stored rows to what is possible at `now`: they are wall times, and the clock may have been set back since. */
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
