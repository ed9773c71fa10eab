import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventDraft } from '../../../src/core/event/event.ts';
import { MOST_EVENT_BYTES } from '../../../src/core/event/fit-draft.ts';
import {
  goneDraft,
  recoveredDraft,
  registeredDraft,
  sessionDraft,
  unreachableDraft,
  unregisteredDraft,
  unresponsiveDraft,
  upDraft,
} from '../../../src/core/wording/draft.ts';
import { schemaProblem } from '../../support/judges/event-schema.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';
import { Subject } from '../../support/sample/registry-model.ts';
import { DEAD, failed, NOW, sampleDeath, sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

/** Every kind of event about a server whose socket, cgroup and session are called something. */
function draftsOf(text: string): EventDraft[] {
  const record = upRecord(sampleSnapshot(), { name: 'work', socket: `/tmp/${text}` });
  const { life } = record;
  if (!life) throw new Error('the sample lives');
  const session = { id: '$1', name: text };
  const containment = { readAt: NOW, cgroup: text, unit: null, memory: null, machineKills: null };
  return [
    registeredDraft(record),
    unregisteredDraft(record),
    upDraft(record, life),
    unresponsiveDraft(record, 2),
    recoveredDraft(record, life, NOW),
    goneDraft({ ...record, life: { ...life, containment } }, sampleDeath('crashed'), failed('refused', DEAD)),
    sessionDraft(record, life, { kind: 'renamed', session, previousName: text }),
    ...(['socket_lost', 'wedged', 'permission', 'version_mismatch'] as const).map((cause) =>
      unreachableDraft(record, cause),
    ),
  ];
}

/** The event that the registry makes of a draft. */
function logged(draft: EventDraft) {
  const subject = new Subject();
  subject.registry.announce(draft);
  const [event] = subject.emitted;
  if (!event) throw new Error('expected an event');
  return event;
}

describe('An event', () => {
  it('keeps within 4 KiB, whatever is in it', () => {
    const long = fc.tuple(hostileText, fc.integer({ min: 1, max: 40 })).map(([text, times]) => text.repeat(times));
    fc.assert(
      fc.property(long, (text) => {
        for (const draft of draftsOf(text)) {
          const { event, json } = logged(draft);
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MOST_EVENT_BYTES);
          expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(event)));
          expect(schemaProblem(event)).toBeNull();
        }
      }),
    );
  });

  it('is as it was drafted where it fits', () => {
    for (const draft of draftsOf('work')) {
      expect(logged(draft).event).toMatchObject({ title: draft.title, body: draft.body, server: draft.server });
    }
  });
});
