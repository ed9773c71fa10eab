import { isSameProcess } from '../model/observation.ts';
import type { ServerRecord } from './record.ts';

/**
 * The records whose sockets were exchanged with each other: the path of each leads to the server of the next, and that of the last
 * to the first, which is `record`. Null if there is no such circle.
 */
export function circleFrom(record: ServerRecord, records: readonly ServerRecord[]): readonly ServerRecord[] | null {
  const circle = [record];
  for (let last = record; ; ) {
    const next = records.find(
      ({ life, target }) => target.displacedPid === undefined && isSameProcess(life?.process, last.leadsTo),
    );
    if (next === record) return circle;
    if (!next || circle.includes(next)) return null;
    circle.push(next);
    last = next;
  }
}
