import type { EventDraft } from '../../../../src/core/event/event.ts';
import { goneDraft, upDraft } from '../../../../src/core/wording/draft.ts';
import { DEAD, failed, sampleDeath, upRecord } from '../../../support/sample/sample.ts';

/** The steps of a delivery at which a process can kill itself. */
export const STEPS = ['before-commit', 'after-commit', 'during-request', 'before-ack'] as const;
export type Step = (typeof STEPS)[number];

/** A server died. */
export function goneDraftOf(server: string): EventDraft {
  return goneDraft(upRecord(undefined, { name: server }), sampleDeath('crashed'), failed('refused', DEAD));
}

/** It came back, and ends the incident. */
export function upDraftOf(server: string, incident: string): EventDraft {
  const record = { ...upRecord(undefined, { name: server }), incident };
  if (!record.life) throw new Error('the sample lives');
  return upDraft(record, record.life);
}
