import sequencer from '@jest/test-sequencer';

/** It is typed as CommonJS; what is loaded is its module. */
const Sequencer = sequencer as unknown as typeof sequencer.default;

type Tests = Parameters<InstanceType<typeof Sequencer>['sort']>[0];

/** The files that take longest, the longest first: one that began last would run on alone. Jest itself only knows that from its cache, which a fresh checkout does not have. */
const LONG = [
  'e2e/chaos',
  'e2e/fleet-chaos',
  'alert/delivery/kill',
  'e2e/watch',
  'e2e/truth',
  'docker/demo',
  'e2e/scrape-pace',
  'dashboards/history',
  'e2e/undisturbed',
  'e2e/restart',
  'e2e/webhook',
  'e2e/deaths',
  'dashboards/rules-mutations',
  'app/churn',
  'e2e/kills',
  'e2e/alertmanager',
  'dashboards/discovery',
  'dashboards/live',
];

/** Begins with the long files. */
export default class LongestFirst extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    return sorted.toSorted((a, b) => rankOf(a.path) - rankOf(b.path));
  }
}

function rankOf(path: string): number {
  const rank = LONG.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return rank === -1 ? LONG.length : rank;
}
