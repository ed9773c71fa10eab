import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Session } from '../../src/core/model/snapshot.ts';
import type { FleetView } from '../../src/core/record/view.ts';
import { shorten } from '../../src/core/text.ts';
import { sampleSelfMetrics } from '../support/daemon/self-metrics.ts';
import {
  hasPromtool,
  hasPythonParsers,
  type ParsedFamily,
  parseExpositions,
  promtoolComplaints,
} from '../support/judges/exposition-judges.ts';
import { expositionOf, type FormatName, scrapeBody } from '../support/judges/expositions.ts';
import { hostileText } from '../support/sample/arbitrary.ts';
import { viewOf } from '../support/sample/fleet.ts';
import {
  sampleClient,
  sampleDetail,
  samplePane,
  sampleSession,
  sampleSnapshot,
  sampleWindow,
  upRecord,
} from '../support/sample/sample.ts';
import { runs } from '../support/sample/seed.ts';
import { HOSTILE_NAME, variedView } from './support/varied-view.ts';

const FORMATS: readonly FormatName[] = ['text', 'openmetrics'];

/** A family of each level, and the label that distinguishes its objects. */
const KEYS = [
  ['tmux_window_panes', 'window_id'],
  ['tmux_pane_dead', 'pane_id'],
  ['tmux_client_activity_timestamp_seconds', 'client'],
] as const;

const CONTROL_CHARACTERS = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');

function viewWithSessions(sessions: readonly Partial<Session>[]): FleetView {
  const numbered = sessions.map((session, number) => sampleSession(number, session));
  return viewOf([upRecord(sampleSnapshot({ sessions: numbered, windows: [], panes: [] }))]);
}

/** One session with a window, a pane and a client for each of the names, in every place where a person or a program can put one. */
function viewWithNames(names: readonly string[]): FleetView {
  return viewOf([
    upRecord(
      sampleSnapshot({
        sessions: [sampleSession(0, { name: 'main' })],
        windows: names.map((name, number) => sampleWindow(number, [0], { name })),
        panes: names.map((name, number) =>
          samplePane(number, number, { command: name, detail: sampleDetail({ title: name, path: name }) }),
        ),
        attachedClients: names.map((name, number) => sampleClient(number, '$0', { name, term: name })),
      }),
    ),
  ]);
}

/** What an info shows of a text. */
function shown(text: string): string {
  return shorten(text, 500).toWellFormed();
}

async function parse(view: FleetView): Promise<ParsedFamily[][]> {
  const exposition = expositionOf(() => view);
  return parseExpositions(
    await Promise.all(FORMATS.map(async (format) => ({ format, body: await scrapeBody(exposition, format) }))),
  );
}

/** The values of a label over all samples of a name, in the order of the exposition. */
function labelValues(families: readonly ParsedFamily[], sample: string, label: string): (string | undefined)[] {
  const samples = families.flatMap((family) => family.samples).filter(({ name }) => name === sample);
  return samples.map(({ labels }) => labels[label]);
}

const describeWithPromtool = hasPromtool ? describe : describe.skip;

describeWithPromtool('promtool check metrics', () => {
  it('finds nothing in a whole exposition', async () => {
    const self = sampleSelfMetrics();
    self.pollFailures.failed('hung', 'timeout');
    expect(promtoolComplaints(await scrapeBody(expositionOf(variedView, self), 'text'))).toBe('');
  });

  it('finds nothing if names contain every control character', async () => {
    const view = viewWithSessions([{ name: CONTROL_CHARACTERS, group: CONTROL_CHARACTERS }]);
    expect(
      promtoolComplaints(
        await scrapeBody(
          expositionOf(() => view),
          'text',
        ),
      ),
    ).toBe('');
  });
});

const describeWithPython = hasPythonParsers ? describe : describe.skip;

describeWithPython('The parsers of Prometheus for Python', () => {
  it('read hostile names as they are, in both formats', async () => {
    const names = [HOSTILE_NAME, CONTROL_CHARACTERS, 'n'.repeat(200), '\\n', '\\\\"', '"} 1\n', ' ', 'é\u202e', ''];
    for (const families of await parse(viewWithSessions(names.map((name) => ({ name, group: name }))))) {
      expect(labelValues(families, 'tmux_session_info', 'session')).toEqual(names);
      expect(labelValues(families, 'tmux_session_info', 'group')).toEqual(names);
      expect(labelValues(families, 'tmux_session_windows', 'session')).toEqual(names);
    }
  });

  it('read the same samples from both formats', async () => {
    const view = variedView();
    const [text = [], openMetrics = []] = await parse(view);
    const steady = (families: readonly ParsedFamily[]) =>
      families
        .flatMap(({ samples }) => samples)
        .filter(({ name }) => name.startsWith('tmux_'))
        // OpenMetrics writes the bound of a bucket as a float: `1.0` instead of the `1` of the text format.
        .map((sample) => JSON.stringify(sample).replace(/("le":"\d+)\.0"/, '$1"'));
    expect(steady(openMetrics)).toEqual(steady(text));
    expect(steady(text).length).toBeGreaterThan(100);
  });

  it('find the types, help texts and units of OpenMetrics', async () => {
    const [, families = []] = await parse(variedView());
    const headOf = (wanted: string) => {
      const { type, unit, help } = families.find(({ name }) => name === wanted) ?? {};
      return { type, unit, help };
    };
    expect(headOf('tmux_server_gone')).toEqual({ type: 'counter', unit: '', help: 'Deaths of the server.' });
    expect(headOf('tmux_server')).toMatchObject({ type: 'info', unit: '' });
    expect(headOf('tmux_exporter_build')).toMatchObject({ type: 'info', unit: '' });
    expect(headOf('tmux_server_poll_duration_seconds')).toMatchObject({ type: 'gauge', unit: 'seconds' });
    expect(headOf('process_cpu_seconds')).toMatchObject({ type: 'counter', unit: 'seconds' });
    expect(headOf('process_resident_memory_bytes')).toMatchObject({ type: 'gauge', unit: 'bytes' });
  });

  it('find as many series as the exposition says it has', async () => {
    for (const families of await parse(variedView())) {
      const samples = families.flatMap((family) => family.samples);
      const said = samples.find(({ name }) => name === 'tmux_exporter_series')?.value;
      expect(Number(said)).toBe(samples.length);
    }
  });

  it('find every session again, whatever it is called', async () => {
    const names = fc.uniqueArray(hostileText, { maxLength: 60, selector: (name) => name.toWellFormed() });
    const holds = async (given: string[]) => {
      for (const families of await parse(viewWithSessions(given.map((name) => ({ name }))))) {
        expect(labelValues(families, 'tmux_session_info', 'session')).toEqual(given.map((name) => name.toWellFormed()));
      }
    };
    await fc.assert(fc.asyncProperty(names, holds), { numRuns: runs(8) });
  });

  it('find every window, pane and client again, whatever is in their names, titles, paths and commands', async () => {
    const names = fc.uniqueArray(hostileText, { maxLength: 60, selector: (name) => name.toWellFormed() });
    const holds = async (given: string[]) => {
      for (const families of await parse(viewWithNames(given))) {
        const texts = given.map(shown);
        for (const label of ['command', 'path', 'title']) {
          expect(labelValues(families, 'tmux_pane_info', label)).toEqual(texts);
        }
        expect(labelValues(families, 'tmux_window_info', 'window')).toEqual(texts);
        expect(labelValues(families, 'tmux_client_info', 'term').toSorted()).toEqual(texts.toSorted());
        const clients = labelValues(families, 'tmux_client_written_bytes_total', 'client');
        expect(clients.toSorted()).toEqual(given.map((name) => name.toWellFormed()).toSorted());
        for (const [sample, key] of KEYS) expect(new Set(labelValues(families, sample, key)).size).toBe(given.length);
      }
    };
    await fc.assert(fc.asyncProperty(names, holds), { numRuns: runs(8) });
  });

  it('find two clients whose terminals have one name, as those of two containers can', async () => {
    const attachedClients = [1, 2, 3].map((number) => sampleClient(number, '$0', { name: '/dev/pts/0' }));
    for (const families of await parse(viewOf([upRecord(sampleSnapshot({ attachedClients }))]))) {
      expect(labelValues(families, 'tmux_client_info', 'client')).toEqual([
        '/dev/pts/0',
        '/dev/pts/0 7002',
        '/dev/pts/0 7001',
      ]);
    }
  });

  it('find a text of a megabyte cut to what a person reads', async () => {
    for (const families of await parse(viewWithNames(['😀'.repeat(2 ** 16)]))) {
      expect(labelValues(families, 'tmux_pane_info', 'title').map((title = '') => [...title].length)).toEqual([500]);
    }
  });

  it('find two sessions even if their names become equal', async () => {
    for (const families of await parse(
      viewWithSessions([{ name: '\ud800' }, { name: '\udc00' }, { name: '\ufffd' }]),
    )) {
      expect(labelValues(families, 'tmux_session_panes', 'session')).toEqual(['\ufffd', '\ufffd $1', '\ufffd $2']);
    }
  });
});
