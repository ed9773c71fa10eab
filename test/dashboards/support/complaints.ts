import { answerOf, complaint } from './answers.ts';
import { type CommittedDashboard, targetsOf } from './committed.ts';
import type { QueryContext } from './interpolation.ts';
import type { Source } from './source.ts';

/** What is wrong with the answers to all queries of a dashboard; empty if nothing is. */
export async function complaintsOf(
  source: Source,
  dashboard: CommittedDashboard,
  context: QueryContext,
): Promise<string[]> {
  const found: string[] = [];
  for (const target of targetsOf(dashboard)) {
    const problem = complaint(await answerOf(source, dashboard, target, context), target);
    if (problem !== null) found.push(`${target.place}: ${problem}`);
  }
  return found;
}
