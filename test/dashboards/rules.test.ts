import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { isInstalled } from '../support/machine/program.ts';
import {
  ALL_RULES,
  RECORDING_RULES,
  RULE_FILES,
  RULES_FOLDER,
  rulesOf,
  run,
  UNIT_TEST_FILES,
} from './support/alert-rules.ts';
import { type Exported, exportedSeries } from './support/exported.ts';
import { selectorsOf, syntaxErrors } from './support/promql.ts';

/** What a target has before we say anything, and what the rules ask people to give it. */
const TARGET_LABELS = ['job', 'instance', 'roaming'];

const describeWithPromtool = isInstalled('promtool') ? describe : describe.skip;

describeWithPromtool('promtool', () => {
  it('finds nothing in the rules', () => {
    const files = RULE_FILES.map((name) => join(RULES_FOLDER, name));
    expect(run('promtool', 'check', 'rules', '--lint=all', '--lint-fatal', ...files)).toMatchObject({ ok: true });
  });

  it.each(UNIT_TEST_FILES.map((path) => [path.slice(RULES_FOLDER.length + 1), path]))(
    'finds that they do what %s says',
    (_name, path) => {
      const { ok, output } = run('promtool', 'test', 'rules', path);
      expect(ok ? '' : output).toBe('');
    },
    120_000,
  );
});

const describeWithAmtool = isInstalled('amtool') ? describe : describe.skip;

describeWithAmtool('amtool', () => {
  const example = join(RULES_FOLDER, 'alertmanager.example.yml');

  it('finds nothing wrong with the example', () => {
    expect(run('amtool', 'check-config', example)).toMatchObject({ ok: true });
  });

  it.each([
    ['critical', 'shells,pager'],
    ['warning', 'shells,tickets'],
    ['info', 'shells,nobody'],
  ])('finds that what is %s goes to %s', (severity, receivers) => {
    const labels = ['alertname=TmuxServerGone', `severity=${severity}`];
    const flags = [`--config.file=${example}`, `--verify.receivers=${receivers}`];
    expect(run('amtool', 'config', 'routes', 'test', ...flags, ...labels)).toMatchObject({ ok: true });
  });
});

describe('The rules', () => {
  let exported: Exported;

  beforeAll(async () => {
    exported = await exportedSeries();
  });

  /** All values of a label, whichever series has it: a series of its own may not have had each of them yet. */
  function valuesOf(label: string): Set<string> {
    return new Set([...exported.values()].flatMap((labels) => [...(labels.get(label) ?? [])]));
  }

  it('are written in PromQL', () => {
    expect([...ALL_RULES, ...RECORDING_RULES].flatMap(({ expr }) => syntaxErrors(expr))).toEqual([]);
  });

  it('ask for nothing that the daemon does not export', () => {
    const known = new Set(['up', ...exported.keys(), ...RECORDING_RULES.map(({ record }) => record)]);
    const unknown = [...ALL_RULES, ...RECORDING_RULES].flatMap(({ expr, ...rule }) =>
      metricsIn(expr)
        .filter((name) => !known.has(name))
        .map((name) => `${'alert' in rule ? rule.alert : rule.record}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  it('match on labels, and on values of them, that the daemon exports', () => {
    const matchers = ALL_RULES.flatMap(({ alert, expr }) => matchersIn(expr).map((matcher) => ({ alert, ...matcher })));
    const unknown = matchers.filter(({ metric, label, values }) => {
      if (TARGET_LABELS.includes(label)) return false;
      if (!exported.get(metric)?.has(label)) return true;
      return values.some((value) => !valuesOf(label).has(value));
    });
    expect(unknown).toEqual([]);
    expect(matchers.length).toBeGreaterThan(10);
  });

  it('report every reason of a death by exactly one rule', () => {
    const gone = ALL_RULES.filter(({ alert }) => alert === 'TmuxServerGone');
    const reasons = gone.map(({ expr }) => {
      return new Set(matchersIn(expr).flatMap(({ label, values }) => (label === 'reason' ? values : [])));
    });
    const all = exported.get('tmux_server_gone_total')?.get('reason') ?? new Set();
    expect(reasons.flatMap((set) => [...set]).toSorted()).toEqual([...all].toSorted());
  });

  it('have a known severity, a summary, a description, and links', () => {
    for (const { labels, annotations } of ALL_RULES) {
      expect(Object.keys(labels).filter((label) => label !== 'instance')).toEqual(['severity']);
      expect(['critical', 'warning', 'info']).toContain(labels['severity']);
      expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url', 'dashboard_url']);
    }
  });

  it('name the host as `instance` if no target has the labels of the alert', () => {
    const hostAlerts = ALL_RULES.filter(({ expr }) => /by \(host\)/.test(expr));
    const named = ALL_RULES.filter(({ labels }) => labels['instance'] === '{{ $labels.host }}');
    expect(named.map(({ alert }) => alert)).toEqual(['TmuxHostSilent', 'TmuxHostBehind']);
    expect(hostAlerts).toEqual(named);
  });

  it('record under names of the form level:metric:operation', () => {
    const names = RECORDING_RULES.map(({ record }) => record);
    expect(names.filter((name) => !/^(instance|job):tmux_\w+:(count|sum|increase1d)$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('instance:tmux_servers:count');
  });

  it('link to a section of the runbook, and every section is linked to', () => {
    const runbook = readFileSync(join(RULES_FOLDER, 'RUNBOOK.md'), 'utf8');
    const sections = [...runbook.matchAll(/^## (Tmux\w+)$/gm)].map(([, name = '']) => name);
    expect(sections.toSorted()).toEqual([...new Set(ALL_RULES.map(({ alert }) => alert))].toSorted());
    for (const { alert, annotations } of ALL_RULES)
      expect(annotations['runbook_url']).toMatch(new RegExp(`}}#${alert.toLowerCase()}$`));
  });

  it('link to a dashboard by a path behind an optional address of Grafana', () => {
    for (const { annotations } of ALL_RULES)
      expect(annotations['dashboard_url']).toMatch(/^{{ \$externalLabels\.grafana_url }}\/d\/tmux-(server|exporter)\b/);
  });

  it('neither resolve nor page anew when Prometheus is restarted: `for` is at most 3m or at least 10m', () => {
    const minutes = ALL_RULES.map((rule) => minutesOf(rule.for ?? '0m'));
    expect(minutes.filter((length) => length > 3 && length < 10)).toEqual([]);
  });

  it('leave idle sessions to a file of their own', () => {
    expect(rulesOf('tmux-idle.rules.yml').map(({ alert }) => alert)).toEqual(['TmuxSessionIdle']);
    expect(rulesOf('tmux.rules.yml').map(({ alert }) => alert)).not.toContain('TmuxSessionIdle');
  });
});

function metricsIn(expr: string): string[] {
  return [...new Set(selectorsOf(expr).map(({ metric }) => metric))];
}

function matchersIn(expr: string): { metric: string; label: string; values: string[] }[] {
  return selectorsOf(expr).flatMap(({ metric, matchers }) =>
    matchers.map(({ label, value }) => ({ metric, label, values: value.split('|') })),
  );
}

function minutesOf(duration: string): number {
  const [, amount = '', unit = ''] = /^(\d+)([mh])$/.exec(duration) ?? [];
  return Number(amount) * (unit === 'h' ? 60 : 1);
}
