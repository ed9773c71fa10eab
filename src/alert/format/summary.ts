import type { Notice, NoticeStatus } from '../../core/alert/outbox.ts';
import { type EventType, SEVERITIES, type Severity, type TmuxEvent } from '../../core/event/event.ts';
import { countText, listText } from '../../core/text.ts';
import { loneTitle } from '../../core/wording/wording.ts';

/** The most names, and the most lines, that a message of several events shows. */
const MOST_SHOWN = 20;
const LONGEST_LINE = 160;

/** The text of a message, which most formats share. */
export interface Summary {
  readonly status: NoticeStatus;
  readonly severity: Severity;
  /** Type of the gravest event. */
  readonly type: EventType;
  /** One line. */
  readonly title: string;
  /** Lines. */
  readonly body: string;
}

/** Summarises the notices of a message. */
export function summarise(notices: readonly [Notice, ...Notice[]]): Summary {
  const { event } = gravest(notices);
  const [first] = notices;
  const { title, body } = isOneStory(notices) ? storyText(notices) : severalText(notices);
  return {
    status: statusOf(notices),
    severity: event.severity,
    type: event.type,
    title: `${prefixOf(first)}${title}`,
    body: [body, suppressedText(notices)].filter((part) => part !== '').join('\n'),
  };
}

/** The most important notice, by severity. Among equals a restart of the machine wins, then a notice that fires. */
export function gravest(notices: readonly [Notice, ...Notice[]]): Notice {
  return notices.reduce((worst, notice) => (weightOf(notice) > weightOf(worst) ? notice : worst));
}

/** How many notices the cooldown left out. */
export function suppressedIn(notices: readonly Notice[]): number {
  return notices.reduce((sum, { suppressed }) => sum + suppressed, 0);
}

function statusOf(notices: readonly Notice[]): NoticeStatus {
  if (notices.some(({ status }) => status === 'firing')) return 'firing';
  return notices.some(({ status }) => status === 'resolved') ? 'resolved' : 'info';
}

function weightOf({ status, event }: Notice): number {
  const isReboot = event.type === 'host-rebooted' ? 1 : 0;
  return SEVERITIES.indexOf(event.severity) * 4 + isReboot * 2 + (status === 'firing' ? 1 : 0);
}

/** The title of a notice. If it is not known what ended a problem, the notice of its end has the event that began it. */
function titleOf(notice: Notice): string {
  return `${isEndOfItself(notice) ? 'over: ' : ''}${notice.event.title}`;
}

function isEndOfItself({ event, ended }: Notice): boolean {
  return ended.some(({ id }) => id === event.id);
}

function prefixOf({ reason }: Notice): string {
  if (reason === 'test') return 'test: ';
  return reason === 'repeat' ? 'still: ' : '';
}

/** Whether all notices belong to one incident: a death, its cause, the return. */
function isOneStory([first, ...others]: readonly [Notice, ...Notice[]]): boolean {
  return others.every(({ event }) => event.incident !== null && event.incident === first.event.incident);
}

function storyText([first, ...others]: readonly [Notice, ...Notice[]]): { title: string; body: string } {
  const sequel = others.map((notice) =>
    isEndOfItself(notice) ? titleOf(notice) : `${notice.event.title}\n${notice.event.body}`,
  );
  return { title: titleOf(first), body: [first.event.body, ...sequel].join('\n') };
}

function severalText(notices: readonly Notice[]): { title: string; body: string } {
  const reboot = notices.find(({ event }) => event.type === 'host-rebooted')?.event;
  const groups = groupsOf(notices);
  const counts = groups.map(({ words, events }) => words(events.length)).join(', ');
  const names = groups.map(({ heading, events }) => namesText(heading, events)).filter((line) => line !== '');
  const lines = notices
    .slice(0, MOST_SHOWN)
    .map((notice) => `- ${loneTitle({ ...notice.event, title: titleOf(notice) }, LONGEST_LINE)}`);
  const more = notices.length > MOST_SHOWN ? [`- and ${notices.length - MOST_SHOWN} more`] : [];
  const host = notices[0]?.event.host ?? '';
  return { title: reboot?.title ?? `${host}: ${counts}`, body: [...names, ...lines, ...more].join('\n') };
}

interface Kind {
  readonly heading: string;
  readonly words: (count: number) => string;
  readonly isIn: (notice: Notice) => boolean;
}

const KINDS: readonly Kind[] = [
  firing('server-gone', 'Gone', (count) => `${countText(count, 'tmux server')} gone`),
  firing('server-unresponsive', 'Not answering', (count) => `${count} not answering`),
  firing('server-unreachable', 'Unreachable', (count) => `${count} unreachable`),
  { heading: 'Back', words: (count) => `${count} back`, isIn: ({ status }) => status === 'resolved' },
  { heading: 'Also about', words: (count) => countText(count, 'other event'), isIn: ({ status }) => status === 'info' },
];

function firing(type: EventType, heading: string, words: Kind['words']): Kind {
  return { heading, words, isIn: ({ status, event }) => status === 'firing' && event.type === type };
}

function groupsOf(notices: readonly Notice[]): (Kind & { readonly events: readonly TmuxEvent[] })[] {
  return KINDS.map((kind) => ({ ...kind, events: notices.filter(kind.isIn).map(({ event }) => event) })).filter(
    ({ events }) => events.length > 0,
  );
}

function namesText(heading: string, events: readonly TmuxEvent[]): string {
  const names = [...new Set(events.flatMap(({ server }) => (server ? [server.name] : [])))];
  return names.length === 0 ? '' : `${heading}: ${listText(names.slice(0, MOST_SHOWN), names.length)}`;
}

function suppressedText(notices: readonly Notice[]): string {
  const count = suppressedIn(notices);
  return count === 0 ? '' : `${count} more of the same ${count === 1 ? 'was' : 'were'} left out by the cooldown.`;
}
