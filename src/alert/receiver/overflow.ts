import type { Notice } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';

/** Chooses the notices to drop from a full queue: the oldest incident that both began and ended in it, else the oldest notice that is no problem, else the oldest. */
export function leastMissed(queue: readonly Notice[]): readonly Notice[] {
  return (
    oldestPair(queue) ??
    queue
      .filter(({ status }) => status === 'info')
      .slice(0, 1)
      .concat(queue.slice(0, 1))
      .slice(0, 1)
  );
}

function oldestPair(queue: readonly Notice[]): readonly Notice[] | null {
  const firing = new Map<string, Notice[]>();
  for (const notice of queue) {
    const incident = notice.event.incident ?? notice.event.id;
    if (notice.status === 'firing') firing.set(incident, [...(firing.get(incident) ?? []), notice]);
    if (notice.status !== 'resolved') continue;
    const ended = notice.ended.map((event) => event.incident ?? event.id);
    const begun = ended.flatMap((id) => firing.get(id) ?? []);
    if (begun.length > 0 && notice.ended.every((event) => isFirstReported(event, begun))) return [...begun, notice];
  }
  return null;
}

/** Whether the receiver has no earlier notice of a problem. */
function isFirstReported({ id }: TmuxEvent, notices: readonly Notice[]): boolean {
  return notices.some(({ event, reason }) => event.id === id && reason === 'new');
}
