import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FleetView } from '../../src/core/record/view.ts';
import type { Exposure } from '../../src/metrics/families/exposure.ts';
import { PollFailures } from '../../src/metrics/families/poll-failures.ts';
import { ViewParts } from '../../src/metrics/render/view-part.ts';
import { TEXT } from '../../src/metrics/text/exposition-format.ts';
import { exposureOf } from '../support/daemon/exposure.ts';
import { expositionOf, scrapeBody } from '../support/judges/expositions.ts';
import { crowdedSnapshot, viewOf } from '../support/sample/fleet.ts';
import {
  sampleClient,
  samplePane,
  sampleSession,
  sampleSnapshot,
  sampleWindow,
  upRecord,
} from '../support/sample/sample.ts';
import { runs } from '../support/sample/seed.ts';
import { variedView } from './support/varied-view.ts';

async function linesOf(view: FleetView, exposure: Exposure): Promise<string[]> {
  const { bytes } = await new ViewParts(
    () => view,
    new PollFailures(),
    () => exposure,
  ).in(TEXT);
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The values of a label in the samples of a family, each once. */
function values(lines: readonly string[], family: string, label: string): string[] {
  const found = lines.filter((line) => line.startsWith(`${family}{`)).map((line) => line.split(`${label}="`)[1]);
  return [...new Set(found.map((rest = '') => rest.slice(0, rest.indexOf('"'))))];
}

function truncated(lines: readonly string[], server = 'work'): string[] {
  const family = `tmux_server_truncated{server="${server}",level="`;
  const cut = lines.filter((line) => line.startsWith(family) && line.endsWith(' 1'));
  return cut.map((line) => line.slice(family.length, line.indexOf('"}')));
}

const EVERYTHING = { window: true, pane: true, client: true };

/** Servers by their names, each with this many sessions, and a window and two panes in each. */
function fleet(sizes: Readonly<Record<string, number>>): FleetView {
  return viewOf(Object.entries(sizes).map(([name, sessions]) => upRecord(crowdedSnapshot(sessions), { name })));
}

/** Objects in an order that is not that of their ids. */
const JUMBLED = sampleSnapshot({
  sessions: [10, 2, 9].map((number) => sampleSession(number)),
  windows: [12, 3, 10].map((number) => sampleWindow(number, [number === 12 ? 10 : 2, 9])),
  panes: [21, 100, 5].map((number) => samplePane(number, 3)),
});

describe('A limit of a server', () => {
  it.each([
    ['sessions', 'tmux_session_windows', 'session', ['session-2', 'session-9']],
    ['windows', 'tmux_window_panes', 'window_id', ['@3', '@10']],
    ['panes', 'tmux_pane_dead', 'pane_id', ['%5', '%21']],
  ] as const)(
    'of %s leaves out the newest of them, says so, and changes no other level',
    async (limit, family, label, left) => {
      const view = viewOf([upRecord(JUMBLED)]);
      const whole = await linesOf(view, exposureOf(EVERYTHING));
      const lines = await linesOf(view, exposureOf(EVERYTHING, { [limit]: 2 }));
      const level = limit.slice(0, -1);
      expect(values(lines, family, label)).toEqual(left);
      expect([truncated(whole), truncated(lines)]).toEqual([[], [level]]);
      const others = (all: readonly string[]) =>
        all.filter((line) => !line.startsWith(`tmux_${level}_`) && !line.startsWith('tmux_server_truncated'));
      expect(others(lines)).toEqual(others(whole));
    },
  );

  it('changes no count of the server', async () => {
    const lines = await linesOf(
      fleet({ work: 9 }),
      exposureOf(EVERYTHING, { sessions: 1, windows: 1, panes: 1, series: 1 }),
    );
    expect(lines).toContain('tmux_server_sessions{server="work"} 9');
    expect(lines).toContain('tmux_server_windows{server="work"} 9');
    expect(lines).toContain('tmux_server_panes{server="work"} 18');
    expect(lines).toContain('tmux_server_attached_sessions{server="work"} 4');
  });
});

describe('The limit of all series', () => {
  it('takes the deepest level first, and no series of a server', async () => {
    const attachedClients = [sampleClient(1, '$0'), sampleClient(2, '$1')];
    const view = viewOf([upRecord({ ...crowdedSnapshot(5), attachedClients })]);
    const whole = await linesOf(view, exposureOf(EVERYTHING));
    const health = (lines: readonly string[]) => seriesOf(lines).filter((series) => series.startsWith('tmux_server_'));
    const cuts = await Promise.all(
      [1, 20, 21, 30, 31, 55, 56, 10_000].map(async (fewer) => {
        const limited = await linesOf(view, exposureOf(EVERYTHING, { series: whole.length - fewer }));
        expect(limited.length).toBeLessThanOrEqual(Math.max(whole.length - fewer, health(whole).length));
        expect(health(limited)).toEqual(health(whole));
        return truncated(limited);
      }),
    );
    // Two series for each of 10 panes, five for each of 2 clients, five for each of 5 windows, ten for each session.
    expect(cuts.map(String)).toEqual([
      ...['pane', 'pane', 'client,pane', 'client,pane', 'window,client,pane', 'window,client,pane'],
      ...['session,window,client,pane', 'session,window,client,pane'],
    ]);
  });

  it('cuts nothing at exactly as many series as there are', async () => {
    const view = fleet({ a: 3, b: 7 });
    const whole = await linesOf(view, exposureOf(EVERYTHING));
    expect(await linesOf(view, exposureOf(EVERYTHING, { series: whole.length }))).toEqual(whole);
  });

  it('shares what there is between the servers: the oldest of each, then the next of each', async () => {
    const view = fleet({ large: 100, small: 2, third: 4 });
    const servers = (await linesOf(view, exposureOf({ session: false, process: false }))).length;
    const lines = await linesOf(view, exposureOf({}, { series: servers + 3 + 12 * 11 }));
    const shown = (server: string) =>
      values(
        lines.filter((line) => line.includes(`"${server}"`)),
        'tmux_session_panes',
        'session',
      );
    expect(shown('small')).toEqual(['project-0', 'project-1']);
    expect(shown('third')).toEqual(['project-0', 'project-1', 'project-2', 'project-3']);
    expect(shown('large').length).toBeGreaterThanOrEqual(4);
    expect(['large', 'small', 'third'].map((server) => truncated(lines, server))).toEqual([['session'], [], []]);
  });

  it('leaves room for our own series, however many of them a scrape has', async () => {
    const view = fleet({ work: 200 });
    const body = await scrapeBody(
      expositionOf(() => view, undefined, exposureOf(EVERYTHING, { series: 1000 })),
      'text',
    );
    const [, series] = /^tmux_exporter_series (\d+)$/m.exec(body.toString()) ?? [];
    expect(Number(series)).toBeLessThanOrEqual(1000);
    expect(Number(series)).toBeGreaterThan(850);
  });

  const sizes = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(12), { minKeys: 1 });

  it('is kept, used up, and the same for the same view, whatever the fleet is', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1500), async (given, series) => {
        const view = fleet(given);
        const health = (await linesOf(view, exposureOf({ session: false, process: false }))).length;
        const whole = await linesOf(view, exposureOf(EVERYTHING));
        const exposure = exposureOf(EVERYTHING, { series });
        const lines = await linesOf(view, exposure);
        const room = series - health - 4 * Object.keys(given).length;
        expect(lines.length).toBeLessThanOrEqual(Math.max(series, health + 4 * Object.keys(given).length));
        if (lines.length < whole.length && room > 0) expect(lines.length).toBeGreaterThan(series - 13);
        expect(await linesOf(view, exposure)).toEqual(lines);
      }),
      { numRuns: runs(40) },
    );
  });

  it('shows of a fleet with one session more nearly the same as without: no more than that session needs is gone', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1000), async (given, series) => {
        const [name = 'a', count = 0] = Object.entries(given)[0] ?? [];
        const exposure = exposureOf({}, { series });
        const before = new Set(seriesOf(await linesOf(fleet(given), exposure)));
        const after = new Set(seriesOf(await linesOf(fleet({ ...given, [name]: count + 1 }), exposure)));
        const gone = [...before].filter((one) => !after.has(one));
        expect(gone.length).toBeLessThanOrEqual(2 * 12);
      }),
      { numRuns: runs(40) },
    );
  });
});

function seriesOf(lines: readonly string[]): string[] {
  return lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
}

describe('A collector', () => {
  it.each([
    ['session', 'tmux_session_'],
    ['window', 'tmux_window_'],
    ['pane', 'tmux_pane_'],
    ['client', 'tmux_client_'],
    ['process', 'tmux_session_process'],
    ['paneProcess', 'tmux_pane_process'],
  ] as const)('%s exposes %s* and nothing else', async (collector, start) => {
    const off = { session: false, window: false, pane: false, client: false, process: false, paneProcess: false };
    const ofLevel = /^tmux_(?!server)(?:[a-z]+_process|[a-z]+_)/;
    const levels = (lines: readonly string[]) =>
      new Set(lines.map((line) => ofLevel.exec(line)?.[0]).filter((level) => level !== undefined));
    expect(levels(await linesOf(variedView(), exposureOf(off)))).toEqual(new Set());
    expect(levels(await linesOf(variedView(), exposureOf({ ...off, [collector]: true })))).toEqual(new Set([start]));
  });

  it('of sessions is the only one that is on unless a person says otherwise', async () => {
    const lines = await linesOf(variedView(), exposureOf({}));
    expect(lines.filter((line) => !/^tmux_(server|session)_/.test(line))).toEqual([]);
  });
});

describe('Patterns for sessions', () => {
  const VIEW = viewOf([
    upRecord(
      sampleSnapshot({
        sessions: [
          sampleSession(0, { name: 'main' }),
          sampleSession(1, { name: 'main-secret' }),
          sampleSession(2, { name: 'ops' }),
        ],
        windows: [sampleWindow(0, [0, 1]), sampleWindow(1, [1]), sampleWindow(2, [2])],
        panes: [samplePane(0, 0), samplePane(1, 1), samplePane(2, 2)],
        attachedClients: [sampleClient(0, '$0'), sampleClient(1, '$1'), sampleClient(2, '$2')],
      }),
    ),
  ]);

  it.each([
    ['nothing', {}, ['main', 'main-secret', 'ops'], ['0', '1', '2']],
    ['an inclusion', { sessionInclude: ['main*'] }, ['main', 'main-secret'], ['0', '1']],
    ['an exclusion', { sessionExclude: ['*secret*'] }, ['main', 'ops'], ['0', '2']],
    ['both', { sessionInclude: ['main*'], sessionExclude: ['*secret*'] }, ['main'], ['0']],
    ['several', { sessionInclude: ['ops', 'x', 'main'] }, ['main', 'ops'], ['0', '2']],
  ])('show with %s what they let pass, at every level', async (_, patterns, sessions, numbers) => {
    const lines = await linesOf(VIEW, exposureOf({ ...EVERYTHING, ...patterns }));
    expect(values(lines, 'tmux_session_info', 'session')).toEqual(sessions);
    expect(values(lines, 'tmux_window_info', 'window_id')).toEqual(numbers.map((number) => `@${number}`));
    expect(values(lines, 'tmux_pane_info', 'pane_id')).toEqual(numbers.map((number) => `%${number}`));
    expect(values(lines, 'tmux_client_info', 'client').toSorted()).toEqual(
      numbers.map((number) => `/dev/pts/${number}`),
    );
  });

  it('name no hidden session anywhere, and no limit is said to have cut', async () => {
    const lines = await linesOf(VIEW, exposureOf({ ...EVERYTHING, sessionExclude: ['main*'] }));
    expect(lines.join('\n')).not.toContain('main');
    expect(truncated(lines)).toEqual([]);
  });

  it('show for a window in a hidden session the oldest of its other sessions', async () => {
    const lines = await linesOf(VIEW, exposureOf({ ...EVERYTHING, sessionExclude: ['main'] }));
    expect(lines).toContainEqual(expect.stringContaining('window_id="@0",session="main-secret"'));
  });

  it('change no count of the server', async () => {
    const lines = await linesOf(VIEW, exposureOf({ sessionExclude: ['*'] }));
    expect(lines).toContain('tmux_server_sessions{server="work"} 3');
  });
});
