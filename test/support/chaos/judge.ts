import type { TmuxEvent } from '../../../src/core/event/event.ts';
import type { GoneReason } from '../../../src/core/model/server.ts';
import { type Disturbance, isDisturbed, type Life } from './life.ts';
import { placeOf } from './series.ts';

/** Within this time of the end of a watch the daemon has asked its server whether it is still there. */
const SEEN_WITHIN_MS = 1_000;

type Gone = Extract<TmuxEvent, { type: 'server-gone' }>;

/** The result of comparing the reported events with the truth. */
export interface Judgement {
  /** Problems, in words; empty if all is well. */
  readonly problems: readonly string[];
  /** The number of reported deaths. */
  readonly told: number;
  /** The number of those that an undisturbed watch saw, so that their reason is certain. */
  readonly certain: number;
  /** Deaths of servers that nobody knew of, or that were deregistered. */
  readonly untold: number;
  /** From the beginning of the end to the notice, of the deaths with a certain reason, in milliseconds. */
  readonly detectionMs: readonly number[];
}

/** How long a server may live unseen if nothing interferes, in milliseconds: a tick, and the time to answer. */
const UNSEEN_MS = 5_000;

/** A process is distinguished from a later one with the same pid by its start time, which servers report in whole seconds. */
const BEGIN_TOLERANCE_MS = 2_500;

/** Compares every event with the truth: every death of a known life must be reported exactly once, with its reason, and nothing else. */
export function judgeEvents(
  lives: readonly Life[],
  events: readonly TmuxEvent[],
  disturbances: readonly Disturbance[],
): Judgement {
  const problems: string[] = [];
  const stories = lives.map((life) => ({ life, events: eventsOf(life, events) }));
  const belonging = new Set(stories.flatMap((story) => story.events));
  const strangers = events.filter(
    (event) => event.server?.pid != null && event.type !== 'server-gone-cause' && !belonging.has(event),
  );
  for (const stranger of strangers) problems.push(`nobody lived that is told of: ${stranger.id} ${stranger.title}`);

  const gones = stories.flatMap(({ life, events: story }) => {
    problems.push(...livingProblems(life, story, disturbances));
    return story.filter((event) => event.type === 'server-gone').map((gone) => ({ life, gone }));
  });
  const certain = gones.filter(({ life, gone }) => isCertain(life, gone, disturbances));
  for (const { life, gone } of gones) {
    const allowed = allowedReasons(life, gone, lives, disturbances);
    if (!allowed.includes(gone.reason))
      problems.push(
        `${textOf(life)} was told ${gone.reason}, expected ${allowed.join(' or ')}: ${gone.id} at ${gone.time}, ${JSON.stringify(gone.evidence)}`,
      );
  }
  return {
    problems: [...problems, ...namelessProblems(lives, events)],
    told: gones.length,
    certain: certain.length,
    untold: lives.filter(({ death }) => death).length - gones.length,
    detectionMs: certain.map(({ life, gone }) => Date.parse(gone.time) - (life.death?.at ?? Number.NaN)),
  };
}

function eventsOf(life: Life, events: readonly TmuxEvent[]): TmuxEvent[] {
  return events.filter(({ server, type }) => {
    // A cause is reported after the death.
    if (server?.pid !== life.pid || server.started_at === null || type === 'server-gone-cause') return false;
    return Math.abs(Date.parse(server.started_at) - life.begunAt) < BEGIN_TOLERANCE_MS;
  });
}

/** The reported events of one life: it is up, then gone or unregistered, and perhaps found again after that. */
function livingProblems(life: Life, story: readonly TmuxEvent[], disturbances: readonly Disturbance[]): string[] {
  const problems: string[] = [];
  const gones = story.filter(({ type }) => type === 'server-gone');
  const ups = story.filter(({ type }) => type === 'server-up');
  if (gones.length > 1)
    problems.push(`${textOf(life)} was reported dead ${gones.length} times: ${JSON.stringify(story)}`);
  for (const gone of gones) {
    if (!life.death || Date.parse(gone.time) < life.death.at)
      problems.push(`${textOf(life)} was told dead and lived (${gone.id})`);
  }
  const isKnown =
    story.at(-1)?.type !== 'server-gone' && story.at(-1)?.type !== 'server-unregistered' && story.length > 0;
  if (life.death && isKnown) problems.push(`${textOf(life)} died and nobody was told; last: ${story.at(-1)?.title}`);
  if (ups.length === 0 && !isExcused(life, disturbances)) problems.push(`${textOf(life)} was never found`);
  for (const event of story) {
    if (event.type !== 'server-unreachable') continue;
    if (event.cause !== 'socket_lost' || !(life.lostSocket || life.isDisplaced))
      problems.push(`${textOf(life)} was told unreachable: ${event.title}`);
  }
  return problems;
}

/** Whether a life could pass unseen: too short, stopped, out of reach, deregistered, or while no daemon ran. */
function isExcused(life: Life, disturbances: readonly Disturbance[]): boolean {
  const end = life.death?.at ?? Date.now();
  return (
    end - life.begunAt < UNSEEN_MS ||
    life.wasStopped ||
    life.lostSocket ||
    life.wasDeregistered ||
    isDisturbed(disturbances, life.begunAt, end)
  );
}

function isCertain(life: Life, gone: Gone, disturbances: readonly Disturbance[]): boolean {
  if (!life.death?.wasWatched || life.isDisplaced) return false;
  return !isDisturbed(disturbances, life.death.at, Date.parse(gone.time));
}

function allowedReasons(
  life: Life,
  gone: Gone,
  lives: readonly Life[],
  disturbances: readonly Disturbance[],
): GoneReason[] {
  const reason: GoneReason = life.death?.ending === 'SIGKILL' ? 'crashed' : 'exited';
  const successor = lives.find(({ name, begunAt }) => name === life.name && begunAt > life.begunAt);
  const isReplaced = successor !== undefined && successor.begunAt <= Date.parse(gone.time);
  return [
    reason,
    ...(isReplaced ? (['replaced'] as const) : []),
    ...(wasJustCut(life, disturbances) ? (['crashed'] as const) : []),
    ...(isCertain(life, gone, disturbances) ? [] : (['lost'] as const)),
  ];
}

/** Whether a life was ended before the daemon had time to see that it had outlived its watch: an end without a word is then all that was heard of it. */
function wasJustCut({ cutAt, death }: Life, disturbances: readonly Disturbance[]): boolean {
  if (cutAt === null || !death) return false;
  return death.at - cutAt < SEEN_WITHIN_MS || isDisturbed(disturbances, cutAt, death.at);
}

/** A server that was found and died before it answered once has no pid in its notice. */
function namelessProblems(lives: readonly Life[], events: readonly TmuxEvent[]): string[] {
  const problems: string[] = [];
  for (const event of events) {
    if (event.type !== 'server-gone' || event.server?.pid !== null) continue;
    const { name } = event.server;
    const hasDied = lives.some(
      (life) => life.name === placeOf(name) && life.death && life.death.at <= Date.parse(event.time),
    );
    if (!hasDied) problems.push(`${event.id} tells of a death at ${name}, where nobody had died`);
  }
  return problems;
}

function textOf({ name, pid, death }: Life): string {
  return `${name} (pid ${pid}, ${death ? `${death.ending} at ${new Date(death.at).toISOString()}` : 'alive'})`;
}
