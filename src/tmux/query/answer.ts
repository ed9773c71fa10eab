import { sharedSnapshot } from '../../core/model/shared-snapshot.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { type Parsed, parseInTurns } from './parser.ts';
import type { Marker } from './query.ts';

/** The output of one query, and the marker of its records. */
interface Answer {
  readonly output: string;
  readonly marker: Marker;
}

/** The answers that snapshots were read from. */
const ANSWERS = new WeakMap<Snapshot, Answer>();

/** Reads an answer. `last` is the snapshot of the server's previous answer: it is returned itself if nothing has changed, and the same text is not parsed again. */
export async function readAnswer(output: string, marker: Marker, last: Snapshot | null): Promise<Parsed> {
  if (last !== null && isSame({ output, marker }, ANSWERS.get(last))) return { kind: 'snapshot', snapshot: last };
  const parsed = await parseInTurns(output, marker);
  if (parsed.kind === 'garbled') return parsed;
  const snapshot = sharedSnapshot(last, parsed.snapshot);
  ANSWERS.set(snapshot, { output, marker });
  return { kind: 'snapshot', snapshot };
}

/** Whether two answers differ only in their markers. A name can contain the former marker, since the server has seen it. */
function isSame({ output, marker }: Answer, former: Answer | undefined): boolean {
  if (former?.output.length !== output.length || output.includes(former.marker)) return false;
  return output.replaceAll(marker, former.marker) === former.output;
}
