import type { EventDraft, ServerReference, Severity } from '../../../src/core/event/event.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { goneDraft } from '../../../src/core/wording/draft.ts';
import { DEAD, failed, sampleDeath, sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

/** A log of epoch `e` on the host `box`. */
export function newLog(capacity?: number): MemoryLog {
  return new MemoryLog('e', { host: 'box', bootId: null }, capacity);
}

/** A session was created on `server`: an event that says little. */
export function sessionDraft(server = 'work', severity: Severity = 'info', body = 'It has 1 session.'): EventDraft {
  return {
    type: 'session-created',
    severity,
    server: referenceTo(server),
    incident: null,
    title: `session created on ${server}`,
    body,
    details: { session: { id: '$1', name: 'main' } },
  };
}

/** `server` died. */
export function deathDraft(server: string): EventDraft {
  const death = goneDraft(
    upRecord(sampleSnapshot(), { name: server }),
    sampleDeath('crashed'),
    failed('refused', DEAD),
  );
  return { ...death, incident: null };
}

/** `server` was registered. */
export function registeredDraft(server = 'work'): EventDraft {
  return {
    type: 'server-registered',
    severity: 'info',
    server: referenceTo(server),
    incident: null,
    title: `${server} registered`,
    body: '',
    details: {},
  };
}

function referenceTo(name: string): ServerReference {
  return {
    name,
    socket: `/tmp/tmux-1000/${name}`,
    uid: 1000,
    pid: 42,
    started_at: null,
    version: '3.5a',
    registration: 'discovered',
  };
}
