import type { EventDraft, EventType, Severity } from '../../../src/core/event/event.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import type { GoneReason } from '../../../src/core/model/server.ts';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { goneDraft, serverReference, upDraft } from '../../../src/core/wording/draft.ts';
import {
  DEAD,
  failed,
  NOW,
  sampleDeath,
  sampleSession,
  sampleSnapshot,
  upRecord,
} from '../../support/sample/sample.ts';

export { NOW } from '../../support/sample/sample.ts';

/** A history to which a test appends what happens. */
export class Story {
  readonly log: MemoryLog;

  constructor(epoch = 'epoch') {
    this.log = new MemoryLog(epoch, { host: 'machine', bootId: 'boot-1' });
  }

  /** A server died. */
  gone(server: string, reason: GoneReason = 'crashed', at = NOW): LoggedEvent {
    return this.log.append(goneDraft(recordOf(server), sampleDeath(reason, at), failed('refused', DEAD)), at);
  }

  /** A server came back and ends an incident. */
  up(server: string, incident: string | null, at = NOW): LoggedEvent {
    const record = { ...recordOf(server), incident };
    if (!record.life) throw new Error('the sample lives');
    return this.log.append(upDraft(record, record.life), at);
  }

  /** Something of another type happened. */
  other(
    type: EventType,
    server: string | null,
    given: { incident?: string | null; severity?: Severity } = {},
  ): LoggedEvent {
    const { incident = null, severity = 'info' } = given;
    const reference = server === null ? null : serverReference(recordOf(server), null);
    const draft = {
      type,
      severity,
      server: reference,
      incident,
      title: `${type} of ${server}`,
      body: 'body',
      details: {},
    };
    return this.log.append(draft as EventDraft, NOW);
  }

  /** The machine was restarted with this many servers. */
  rebooted(lost: number): LoggedEvent {
    const details = { previous_boot_id: 'boot-0', lost, server_names: [] };
    const title = `the machine was restarted: ${lost} tmux servers lost`;
    return this.log.append(
      { type: 'host-rebooted', severity: 'critical', server: null, incident: null, title, body: '', details },
      NOW,
    );
  }
}

function recordOf(server: string): ServerRecord {
  return upRecord(sampleSnapshot({ sessions: [sampleSession(0, { name: `${server}-main` })] }), { name: server });
}
