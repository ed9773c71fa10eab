import type { EventDraft } from '../../../src/core/event/event.ts';
import { GONE_REASONS } from '../../../src/core/model/server.ts';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import { goneDraft, sessionDraft, upDraft } from '../../../src/core/wording/draft.ts';
import { DEAD, failed, sampleDeath, upRecord } from '../sample/sample.ts';

const SERVERS = 5;
/** The share of deaths, and that of servers that come back. The others are about sessions. */
const DEATHS = 0.3;
const RETURNS = 0.3;

/** The servers of a simulated host. */
export const SIMULATED_SERVERS: readonly ServerRecord[] = Array.from({ length: SERVERS }, (_, number) =>
  upRecord(undefined, { name: `s${number}`, socket: `/tmp/tmux-1000/s${number}` }),
);

/** Something that happens to one of {@link SIMULATED_SERVERS}: a death, a return, or a change of its sessions. */
export function randomDraft(random: () => number): EventDraft {
  const record = oneOf(SIMULATED_SERVERS, random);
  const { life } = record;
  if (!life) throw new Error('expected a server that is up');
  const kind = random();
  if (kind < DEATHS) return goneDraft(record, sampleDeath(oneOf(GONE_REASONS, random)), failed('refused', DEAD));
  if (kind < DEATHS + RETURNS) return upDraft(record, life);
  const session = { id: `$${Math.floor(random() * 100)}`, name: `project-${Math.floor(random() * 100)}` };
  return sessionDraft(record, life, { kind: random() < 0.5 ? 'created' : 'closed', session });
}

/** One of some things. */
export function oneOf<T>(things: readonly T[], random: () => number): T {
  const thing = things[Math.floor(random() * things.length)];
  if (thing === undefined) throw new Error('expected at least one thing to choose from');
  return thing;
}
