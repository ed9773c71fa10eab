import { isSameProcess } from '../model/observation.ts';
import type { ServerRecord } from './record.ts';

/**
 * Finds the records whose sockets were exchanged, beginning with `record`: the path of each record leads to the server of the next
 * record, and the path of the last one to the server of `record`. Null if there are none.
 */
export function circleFrom(record: ServerRecord, records: readonly ServerRecord[]): readonly ServerRecord[] | null {
  const circle = [record];
  for (let last = record; ; ) {
    const next = records.find(
      ({ life, target }) => target.displacedPid === undefined && isSameProcess(life?.process, last.leadsTo?.process),
    );
    if (next === record) return circle;
    if (!next || circle.includes(next)) return null;
    circle.push(next);
    last = next;
  }
}
