import { describe, expect, it } from '@jest/globals';
import type { ProcessUsage } from '../../src/core/process/process-usage.ts';
import { hasPythonParsers, parseExpositions } from '../support/judges/exposition-judges.ts';
import { expositionOf, scrapeBody } from '../support/judges/expositions.ts';
import { AccountingBench } from '../support/machine/accounting-bench.ts';
import { eventually } from '../support/machine/eventually.ts';
import { type ProcessReading, readProcesses } from '../support/machine/process-reading.ts';
import { viewOf } from '../support/sample/fleet.ts';
import { upRecord } from '../support/sample/sample.ts';
import { askServer } from '../support/tmux/ask-server.ts';
import { type Layout, layoutOf } from '../support/tmux/tmux-layout.ts';
import { TmuxReading } from '../support/tmux/tmux-reading.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { keyOf, type Series, truthOf } from '../support/tmux/tmux-truth.ts';

const SEEDS = Array.from({ length: 30 }, (_, number) => number + 1);
const NAME = 'work';

/** What there has to be in some layout: a test that never met a dead pane would say nothing of dead panes. */
const MADE_FOR = [
  ...['dead by status', 'dead by signal', 'in a mode', 'bells', 'activity', 'silence'],
  ...['histories', 'control clients', 'terminals', 'links', 'groups'],
];

/** What only an exporter knows, and what it says of its limits. */
const NOT_OF_TMUX = /^tmux_(exporter|server_(up|state|gone|last_seen|poll|info|hazard|truncated))/;

const describeWithPython = hasPythonParsers ? describe : describe.skip;

describeWithPython('Every sample of', () => {
  /** How much of it the layouts held together. */
  const met = new Map<string, number>();

  it.each(SEEDS)(
    'layout %i is what tmux says, field by field, in both formats, and what /proc says',
    async (seed) => {
      const layout = layoutOf(seed);
      const server = await TmuxServer.start();
      try {
        await build(server, layout);
        const { truth, text, openmetrics } = await readAtRest(server);
        expect(sorted(text)).toEqual(sorted(truth));
        expect(sorted(openmetrics)).toEqual(sorted(truth));
        note(truth);
        await expectProcesses(server);
      } finally {
        await server.cleanup();
      }
    },
    180_000,
  );

  it('all layouts was of every kind that they are made for', () => {
    expect([...met.keys()].toSorted()).toEqual(MADE_FOR.toSorted());
    expect([...met].filter(([, found]) => found === 0)).toEqual([]);
  });

  function note(truth: Series): void {
    const add = (what: string, test: (key: string, value: number) => boolean) => {
      const found = [...truth].filter(([key, value]) => test(key, value)).length;
      met.set(what, (met.get(what) ?? 0) + found);
    };
    const positive =
      (start: string, part = '') =>
      (key: string, value: number) =>
        key.startsWith(`${start} `) && key.includes(part) && value > 0;
    add('dead by status', (key) => key.startsWith('tmux_pane_exit_status'));
    add('dead by signal', (key) => key.startsWith('tmux_pane_exit_signal'));
    add('in a mode', positive('tmux_pane_in_mode'));
    add('bells', positive('tmux_window_alert', '"bell"'));
    add('activity', positive('tmux_window_alert', '"activity"'));
    add('histories', positive('tmux_pane_history_lines'));
    add('silence', positive('tmux_window_alert', '"silence"'));
    add('control clients', positive('tmux_client_info', '"control"'));
    add('terminals', positive('tmux_client_info', '"tty"'));
    add('links', positive('tmux_window_info', '["window_index","5'));
    add('groups', (key) => key.startsWith('tmux_session_info') && !key.includes('["group",""]'));
  }
});

/** What is told of the processes of each session and pane is what another reading of /proc gives, before and after it. */
async function expectProcesses(server: TmuxServer): Promise<void> {
  const bench = new AccountingBench();
  await bench.add(NAME, server);
  const panes = await new TmuxReading(server).columns(
    ['list-panes', '-a'],
    ['session_id', 'pane_id', 'pane_pid', 'pane_dead'],
  );
  const holdingsOf = (kind: 'session_id' | 'pane_id') => {
    const ids = [...new Set(panes[kind])];
    const living = (id: string) =>
      panes.pane_pid.filter((_, at) => panes[kind][at] === id && panes.pane_dead[at] !== '1');
    return ids.toSorted().map((id) => [id, withoutCpu(readProcesses(living(id).map(Number)))] as const);
  };
  const read = () => ({ sessions: holdingsOf('session_id'), panes: holdingsOf('pane_id') });
  let truth = read();
  await eventually('the processes to stay as they are', async () => {
    const before = JSON.stringify(truth);
    await bench.pass();
    truth = read();
    return JSON.stringify(truth) === before;
  });
  const { processes } = bench.record(NAME);
  const told = (usages: ReadonlyMap<string, ProcessUsage> = new Map()) =>
    [...usages].map(([id, { cpuMs, ...usage }]) => [id, usage] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  expect({ sessions: told(processes?.sessions), panes: told(processes?.panes) }).toEqual(truth);
  await bench.cleanup();
}

function withoutCpu({ pids, cpuSeconds, ...holdings }: ProcessReading) {
  return holdings;
}

async function build(server: TmuxServer, { commands, deadPanes, bells, silences, attached }: Layout): Promise<void> {
  await server.run(...commands.flatMap((command) => [...command, ';']).slice(0, -1));
  const reading = new TmuxReading(server);
  await eventually(
    'the panes to die, the bells to ring and the silence to be told',
    async () => {
      // tmux 3.3a now and then forgets to ask how the process of a pane has ended, until the next one ends.
      server.kill('SIGCHLD');
      const panes = await reading.columns(['list-panes', '-a'], ['pane_id', 'pane_dead']);
      const windows = await reading.columns(
        ['list-windows', '-a'],
        [...(['window_id', 'window_bell_flag', 'window_silence_flag'] as const)],
      );
      const dead = panes.pane_id.filter((_, at) => panes.pane_dead[at] === '1');
      const told = (flags: readonly string[]) => new Set(windows.window_id.filter((_, at) => flags[at] === '1')).size;
      const isTold = told(windows.window_bell_flag) >= bells && told(windows.window_silence_flag) >= silences;
      return isTold && new Set(dead).size === deadPanes;
    },
    60_000,
  );
  for (const { session, as } of attached) {
    await (as === 'control' ? server.attachControl(session) : server.attachTerminal(session));
  }
}

interface Readings {
  readonly truth: Series;
  readonly text: Series;
  readonly openmetrics: Series;
}

/** Reads a server in all ways while nothing changes in it: as long as tmux says the same before and after. */
async function readAtRest(server: TmuxServer): Promise<Readings> {
  let readings: Readings | null = null;
  let before = await truthOf(server, NAME);
  await eventually(
    'the server to be at rest',
    async () => {
      const { text, openmetrics } = await exposed(server);
      const truth = await truthOf(server, NAME);
      const isAtRest = JSON.stringify(sorted(before)) === JSON.stringify(sorted(truth));
      before = truth;
      readings = isAtRest ? { truth, text, openmetrics } : null;
      return isAtRest;
    },
    90_000,
  );
  if (!readings) throw new Error('expected a server at rest');
  return readings;
}

async function exposed(server: TmuxServer): Promise<Omit<Readings, 'truth'>> {
  const details = { windows: true, panes: true, clients: true };
  const result = await askServer(server.socket, { details });
  if (result.kind === 'failure') throw new Error(result.failure.message);
  const exposition = expositionOf(() => viewOf([upRecord(result.snapshot, { name: NAME })]));
  const [text = [], openmetrics = []] = parseExpositions([
    { format: 'text', body: await scrapeBody(exposition, 'text') },
    { format: 'openmetrics', body: await scrapeBody(exposition, 'openmetrics') },
  ]);
  return { text: seriesOf(text), openmetrics: seriesOf(openmetrics) };
}

function seriesOf(families: ReturnType<typeof parseExpositions>[number]): Series {
  const samples = families.flatMap((family) => family.samples);
  const series = new Map<string, number>();
  for (const { name, labels, value } of samples) {
    if (!name.startsWith('tmux_') || NOT_OF_TMUX.test(name)) continue;
    const key = keyOf(name, labels);
    if (series.has(key)) throw new Error(`expected each series once, found twice ${key}`);
    series.set(key, Number(value));
  }
  return series;
}

function sorted(series: Series): (readonly [string, number])[] {
  return [...series].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
