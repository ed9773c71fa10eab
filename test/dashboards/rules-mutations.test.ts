import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { ALL_RULES, type AlertRule, UNIT_TEST_FILES, unitTestsOf } from './support/alert-rules.ts';
import { type Mutant, mutantsOf } from './support/mutants.ts';

const describeWithPromtool = isInstalled('promtool') ? describe : describe.skip;

/** Every mutant costs a run of promtool: one in three of them is tried, and with `MUTANTS=all` in the environment each. */
const STRIDE = process.env['MUTANTS'] === 'all' ? 1 : 3;

/** How many are tried at the same time. */
const AT_ONCE = 4;

/** Mistakes that change nothing: whether it grows is the same question to both. */
const HARMLESS = [
  /^TmuxServerMissing.*: rate at \d+ becomes increase$/,
  // A reset is a change for no longer than the range, which is as long as what it has to last.
  /^TmuxStoreFailing.*: increase at \d+ becomes changes$/,
  // The other side leaves none that was up for a moment.
  /^TmuxBusDown \(critical\): max_over_time at 0 becomes (min_over_time|increase)$/,
];

/** A mutant, and the place of the rule that it was. */
interface Trial {
  readonly mutant: Mutant;
  readonly at: number;
}

const TRIALS = ALL_RULES.flatMap((rule, at) => mutantsOf(rule).map((mutant) => ({ mutant, at }))).filter(
  (trial) => !HARMLESS.some((pattern) => pattern.test(nameOf(trial))),
);

describeWithPromtool('The unit tests of the rules', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
  });

  afterAll(() => removeFolder(folder));

  it('catch a mistake in a rule, whichever it is', async () => {
    const tried = TRIALS.filter((_, index) => index % STRIDE === 0);
    expect(tried.length).toBeGreaterThan(80);
    expect(await survivorsOf(tried)).toEqual([]);
  }, 600_000);

  it('find no mistake in correct rules', async () => {
    const faultless = ALL_RULES.map((rule, at) => ({ mutant: { what: 'nothing', rule }, at }));
    expect(await survivorsOf(faultless)).toHaveLength(ALL_RULES.length);
  }, 300_000);

  /** The names of those that no unit test notices. */
  async function survivorsOf(trials: readonly Trial[]): Promise<string[]> {
    const left = [...trials.entries()];
    const survivors: string[] = [];
    const work = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [number, trial] = next;
        if (await passes(await write(join(folder, String(number)), trial))) survivors.push(nameOf(trial));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return survivors;
  }

  /** Writes the rules of one alert, with the mutant in its place, and the unit tests of that alert; gives the paths of the tests. */
  async function write(place: string, { mutant, at }: Trial): Promise<string[]> {
    const { alert } = mutant.rule;
    const rules = ALL_RULES.map((rule, index) => (index === at ? mutant.rule : rule)).filter(isOf(alert));
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'mutant.yml'), stringify({ groups: [{ name: 'mutant', rules }] }));
    const paths: string[] = [];
    for (const [index, original] of UNIT_TEST_FILES.map(unitTestsOf).entries()) {
      const tests = original.tests.filter((test) => JSON.stringify(test).includes(alert));
      if (tests.length === 0) continue;
      const path = join(place, `${index}.test.yml`);
      await writeFile(path, stringify({ ...original, rule_files: ['mutant.yml'], tests }));
      paths.push(path);
    }
    return paths;
  }
});

function nameOf({ mutant: { rule, what } }: Trial): string {
  return `${rule.alert} (${rule.labels['severity']}): ${what}`;
}

function isOf(alert: string): (rule: AlertRule) => boolean {
  return (rule) => rule.alert === alert;
}

function passes(files: readonly string[]): Promise<boolean> {
  return new Promise((resolve) =>
    execFile('promtool', ['test', 'rules', ...files], (error) => resolve(error === null)),
  );
}
