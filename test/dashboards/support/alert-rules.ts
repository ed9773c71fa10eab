import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The folder of the alert rules. */
export const RULES_FOLDER = join(import.meta.dirname, '../../../dashboards/rules');

/** An alert rule as Prometheus reads it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A recording rule as Prometheus reads it. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

/** A file of unit tests for rules. */
export interface UnitTests {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly Readonly<Record<string, unknown>>[];
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly (AlertRule | RecordingRule)[] }[];
}

/** The files with rules, by name. */
export const RULE_FILES = filesOf(RULES_FOLDER, '.rules.yml');

/** The files with unit tests, as paths. */
export const UNIT_TEST_FILES = filesOf(join(RULES_FOLDER, 'tests'), '.test.yml').map((name) =>
  join(RULES_FOLDER, 'tests', name),
);

/** The alert rules of a file. */
export function rulesOf(file: string): readonly AlertRule[] {
  return everyRuleOf(file).flatMap((rule) => ('alert' in rule ? [rule] : []));
}

/** All alert rules, in the order of their files. */
export const ALL_RULES = RULE_FILES.flatMap(rulesOf);

/** All recording rules. */
export const RECORDING_RULES = RULE_FILES.flatMap(everyRuleOf).flatMap((rule) => ('record' in rule ? [rule] : []));

function everyRuleOf(file: string): (AlertRule | RecordingRule)[] {
  const { groups } = parse(readFileSync(join(RULES_FOLDER, file), 'utf8')) as RuleFile;
  return groups.flatMap(({ rules }) => rules);
}

/** The unit tests of a file. */
export function unitTestsOf(path: string): UnitTests {
  return parse(readFileSync(path, 'utf8')) as UnitTests;
}

/** Runs a judge: what it says, and whether it is content. */
export function run(program: string, ...args: readonly string[]): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(ending));
}
