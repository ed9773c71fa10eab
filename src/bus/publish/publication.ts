import type { EventPlace } from '../../core/event/event-log.ts';
import type { BusMark } from '../../core/fleet/bus-mark.ts';
import type { PublishResult, RefusalReason } from '../../core/fleet/bus-words.ts';
import type { Answer, LastAnswer } from '../connection/stream-answer.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** Failures in a row after which another server is tried. */
const FAILURES_PER_SERVER = 4;
/** Wait after a refusal that a person has to end. */
const REFUSED_WAIT_MS = 5_000;
/** Another exporter has our name if it published this many times between our messages in a minute. */
const FOREIGN_TO_BE_TAKEN = 3;
const TAKEN_WAIT_MS = 60_000;

/** How far the history is published, and what the publisher does next: it publishes the event after `mark.acked`, or asks for our last message. */
export interface Publication {
  readonly mark: BusMark;
  /** The sequence that our last message has at least, or 0 if nothing is known of it, if the publisher has to ask for it; null if it publishes. */
  readonly asksFrom: number | null;
  /** Events up to this sequence were on the bus once: they are put back, because the stream lost them. */
  readonly healsTo: number;
  /** Events that were skipped since the last message. The next one says so. */
  readonly missed: number;
  /** Failures in a row. */
  readonly failures: number;
  /** When messages of one other epoch were found in place of ours, in the last minute, by the clock of {@link Circumstances}. */
  readonly foreign: { readonly epoch: string | null; readonly times: readonly number[] };
  /** Whether another exporter publishes under our name. */
  readonly isNameTaken: boolean;
}

/** The newest event of a history. */
interface Head {
  readonly epoch: string;
  readonly head: number;
}

/** The message that an answer is about. */
export interface Sent {
  /** Sequence of its event in the history. */
  readonly seq: number;
}

/** What an answer is judged by. */
export interface Circumstances {
  /** Whether an event is the one that the history has, as far as it still knows. */
  readonly isOurs: (event: EventPlace, json: string) => boolean;
  /** Milliseconds of a clock that never steps. */
  readonly now: number;
  /** 0 to 1, exclusive. */
  readonly random: number;
}

/** What came of an answer, for metrics and log. */
export type Outcome =
  | { readonly kind: 'published'; readonly result: PublishResult; readonly events: number }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly problem: string };

/** The publication after an answer, and what to do before its next step. */
export interface Step {
  readonly publication: Publication;
  readonly waitMs: number;
  /** Whether to change to another server. */
  readonly reconnects: boolean;
  readonly outcomes: readonly Outcome[];
}

/** Asks for our last message before anything else: the stream may have lost what it had. */
export function asking(publication: Publication): Publication {
  return { ...publication, asksFrom: publication.asksFrom ?? 0 };
}

/**
 * Begins to publish a history. It asks for our last message first: the mark can be older than that, and its sequence that of
 * another message in a stream that was made anew. Without a mark it begins at the head: the past is not published. With
 * the mark of another epoch it begins with the first event of this one. If the subject has changed, it goes on after the last
 * published event.
 */
export function beginPublication(mark: BusMark | null, { epoch, head }: Head, subject: string): Publication {
  return {
    mark: beginningMark(mark, { epoch, head }, subject),
    asksFrom: 0,
    healsTo: 0,
    missed: 0,
    failures: 0,
    foreign: { epoch: null, times: [] },
    isNameTaken: false,
  };
}

/** Goes on with a history that began a new epoch, behind a message of the former one. */
export function renewed(former: Publication, mark: BusMark): Publication {
  return { ...former, mark, asksFrom: null, healsTo: 0, failures: 0 };
}

/** The same in the present epoch of the history, which can change while the store cannot be written. What was published belongs to both. */
export function inEpoch(epoch: string, publication: Publication): Publication {
  return { ...publication, mark: { ...publication.mark, epoch } };
}

/** Sequence of the newest event that was acknowledged, also if the stream has lost it since. */
export function publishedUpTo({ mark, healsTo }: Publication): number {
  return Math.max(mark.acked, healsTo);
}

/** The mark with which a history begins to be published under a subject. */
function beginningMark(mark: BusMark | null, { epoch, head }: Head, subject: string): BusMark {
  if (mark === null) return { epoch, acked: head, sequence: 0, place: { subject, from: head } };
  const acked = mark.epoch === epoch ? mark.acked : 0;
  const isSame = mark.place === null || mark.place.subject === subject;
  if (!isSame) return { epoch, acked, sequence: 0, place: { subject, from: acked } };
  const from = mark.epoch === epoch ? (mark.place?.from ?? 0) : 0;
  return { epoch, acked, sequence: mark.sequence, place: { subject, from } };
}

/** Whether messages of another epoch were found in place of ours lately. */
export function isContested({ foreign }: Publication, now: number): boolean {
  return foreign.times.some((time) => now - time < 2 * TAKEN_WAIT_MS);
}

/** How many events left the history before the event with sequence `seq` could be published, with those that were skipped. */
export function missedBefore({ mark, missed }: Publication, seq: number): number {
  return missed + leftBefore(mark, seq);
}

/** Decides what follows from an answer. `sent` is the message that was published; null if the answer is to a question. */
export function advance(former: Publication, answer: Answer, sent: Sent | null, circumstances: Circumstances): Step {
  switch (answer.kind) {
    case 'stored':
      return stored(former, answer, sent?.seq ?? former.mark.acked, circumstances);
    case 'wrong_sequence':
      return wrongSequence(former, answer.found, circumstances);
    case 'last':
      return answer.sequence < (former.asksFrom ?? 0)
        ? lagging(former, circumstances)
        : found(former, answer, circumstances);
    case 'no_last':
      return noLast(former, circumstances);
    case 'unreachable':
      return isOpenQuestion(former, sent) ? unanswered(former, circumstances) : retry(former, circumstances);
    case 'refused':
      return refused(former, answer.reason, answer.problem, sent);
  }
}

type Stored = Extract<Answer, { readonly kind: 'stored' }>;

function stored(former: Publication, { sequence, isDuplicate }: Stored, seq: number, at: Circumstances): Step {
  const { mark } = former;
  const isHealed = !isDuplicate && seq <= former.healsTo;
  const result = isDuplicate ? 'duplicate' : isHealed ? 'healed' : 'stored';
  const publication: Publication = {
    ...former,
    // A duplicate can be older than our last message.
    mark: { ...mark, acked: seq, sequence: isDuplicate ? Math.max(mark.sequence, sequence) : sequence },
    asksFrom: null,
    missed: 0,
    failures: 0,
    isNameTaken: former.isNameTaken && isContested(former, at.now),
  };
  return step(publication, [...skippedOutcome(leftBefore(mark, seq)), { kind: 'published', result, events: 1 }]);
}

/** 0: our messages aged out, were purged, or the stream was made anew. */
function wrongSequence(former: Publication, sequence: number, at: Circumstances): Step {
  if (sequence > 0) return step({ ...former, asksFrom: sequence });
  const next = { ...former, mark: { ...former.mark, sequence: 0 } };
  return former.mark.sequence === 0 ? retry(next, at) : step(next);
}

type Last = Extract<LastAnswer, { readonly kind: 'last' }>;

function found(former: Publication, last: Last, at: Circumstances): Step {
  const { mark, healsTo } = former;
  const seq = ownSeqOf(last, at);
  const isNothingLost = seq !== null && seq <= mark.acked && last.sequence === mark.sequence;
  // If the message is not ours, the stream will say so when we publish.
  if (isNothingLost || (seq === null && former.asksFrom === 0)) return step({ ...former, asksFrom: null, failures: 0 });
  if (seq === null) return contested(former, last.sequence, last.event?.epoch ?? null, at);
  const publication = goOnAfter(former, last.sequence, seq);
  // What was to be put back, and is there, was acknowledged before.
  const hasLostAnswer = seq > Math.max(mark.acked, healsTo);
  return step(publication, hasLostAnswer ? [{ kind: 'published', result: 'stored', events: 1 }] : []);
}

/** Sequence of the event in our history; null if it is not ours. */
function ownSeqOf({ event, json }: Last, { isOurs }: Circumstances): number | null {
  return event !== null && isOurs(event, json) ? event.seq : null;
}

/** Our last message in the stream has this sequence, and holds the event `seq` of our history. What we published under another subject after it is not put back. */
function goOnAfter(former: Publication, sequence: number, seq: number): Publication {
  const { mark, healsTo } = former;
  return {
    ...former,
    mark: { ...mark, acked: Math.max(seq, mark.place?.from ?? 0), sequence },
    asksFrom: null,
    failures: 0,
    missed: 0,
    healsTo: Math.max(healsTo, mark.acked),
  };
}

/** Another epoch is normal once, after our store began a new one. */
function contested(former: Publication, sequence: number, epoch: string | null, at: Circumstances): Step {
  const isSame = former.foreign.epoch === epoch;
  const recent = isSame ? former.foreign.times.filter((time) => at.now - time < TAKEN_WAIT_MS) : [];
  const times = [...recent, at.now];
  const publication: Publication = {
    ...former,
    mark: { ...former.mark, sequence },
    asksFrom: null,
    foreign: { epoch, times },
  };
  if (times.length < FOREIGN_TO_BE_TAKEN) return step(publication);
  const outcome: Outcome = { kind: 'refused', reason: 'name_taken', problem: `an exporter of epoch ${epoch} has it` };
  return { ...step({ ...publication, isNameTaken: true }, [outcome]), waitMs: TAKEN_WAIT_MS };
}

/** To be expected at the start. If the stream has just refused a message because of our last one, it is a replica that lags behind. */
function noLast(former: Publication, at: Circumstances): Step {
  const next = { ...former, mark: { ...former.mark, sequence: 0 }, asksFrom: null };
  return former.asksFrom === 0 ? step(next) : retry(next, at);
}

/** Whether the answer is to a question that the stream did not make necessary. */
function isOpenQuestion({ asksFrom }: Publication, sent: Sent | null): boolean {
  return sent === null && asksFrom === 0;
}

/** After some failures it publishes all the same. It is no reason to change the server. */
function unanswered(former: Publication, at: Circumstances): Step {
  const next = retry(former, at);
  return next.reconnects ? step({ ...former, asksFrom: null, failures: 0 }) : next;
}

/** The replica lags behind, or the stream itself went back after it refused: then only another refusal says what it holds. */
function lagging(former: Publication, at: Circumstances): Step {
  const next = retry(former, at);
  return next.reconnects ? { ...next, publication: { ...next.publication, asksFrom: null } } : next;
}

function refused(former: Publication, reason: RefusalReason, problem: string, sent: Sent | null): Step {
  const outcome: Outcome = { kind: 'refused', reason, problem };
  // A key that may not ask may publish. If the question has to be asked, the stream will say so.
  if (isOpenQuestion(former, sent)) return step({ ...former, asksFrom: null });
  if (reason !== 'too_large' || sent === null) return { ...step(former, [outcome]), waitMs: REFUSED_WAIT_MS };
  const left = leftBefore(former.mark, sent.seq);
  const mark = { ...former.mark, acked: sent.seq };
  return step({ ...former, mark, missed: former.missed + left + 1, failures: 0 }, [
    outcome,
    ...skippedOutcome(left + 1),
  ]);
}

function retry(former: Publication, { random }: Circumstances): Step {
  const failures = former.failures + 1;
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)) * (0.8 + 0.4 * random);
  return {
    publication: { ...former, failures },
    waitMs,
    reconnects: failures % FAILURES_PER_SERVER === 0,
    outcomes: [],
  };
}

function step(publication: Publication, outcomes: readonly Outcome[] = []): Step {
  return { publication, waitMs: 0, reconnects: false, outcomes };
}

function leftBefore({ acked }: BusMark, seq: number): number {
  return seq - acked - 1;
}

function skippedOutcome(events: number): Outcome[] {
  return events > 0 ? [{ kind: 'published', result: 'skipped', events }] : [];
}
