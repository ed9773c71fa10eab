import { describe, expect, it } from '@jest/globals';
import type { FleetView } from '../../../src/core/record/view.ts';
import type { Exposure } from '../../../src/metrics/families/exposure.ts';
import { PollFailures } from '../../../src/metrics/families/poll-failures.ts';
import { ViewParts } from '../../../src/metrics/render/view-part.ts';
import { OPENMETRICS, TEXT } from '../../../src/metrics/text/exposition-format.ts';
import { WHOLE_EXPOSURE } from '../../support/daemon/exposure.ts';
import { sampleTombstone, viewOf } from '../../support/sample/fleet.ts';
import { pendingRecord, sampleSession, sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

/** A rendered view that a test can exchange. */
class Stage {
  readonly failures = new PollFailures();
  readonly parts: ViewParts;
  view: FleetView;
  exposure: Exposure;

  constructor(view: FleetView, exposure: Exposure = WHOLE_EXPOSURE) {
    this.view = view;
    this.exposure = exposure;
    this.parts = new ViewParts(
      () => this.view,
      this.failures,
      () => this.exposure,
    );
  }

  async text(): Promise<string> {
    return (await this.parts.in(TEXT)).bytes.toString();
  }
}

const WORK = upRecord(undefined, { name: 'work' });
const AGENTS = upRecord(undefined, { name: 'agents' });

describe('The part of an exposition that is made from the view', () => {
  it('is rendered once for all scrapes while the view is the same', async () => {
    const { parts } = new Stage(viewOf([AGENTS, WORK]));
    const [first, second] = await Promise.all([parts.in(TEXT), parts.in(TEXT)]);
    expect(second).toBe(first);
    expect(await parts.in(TEXT)).toBe(first);
  });

  it('renders each server once for both formats', async () => {
    const { parts } = new Stage(viewOf([AGENTS, WORK]));
    await Promise.all([parts.in(TEXT), parts.in(OPENMETRICS)]);
    expect(parts.renderedServers).toBe(2);
  });

  it('is compressed once', async () => {
    const part = await new Stage(viewOf([WORK])).parts.in(TEXT);
    expect(await part.gzipped()).toBe(await part.gzipped());
  });

  it('renders of a new view only the server that changed', async () => {
    const stage = new Stage(viewOf([AGENTS, WORK]));
    await stage.text();
    const snapshot = sampleSnapshot({ sessions: [sampleSession(7, { name: 'new' })] });
    stage.view = viewOf([AGENTS, upRecord(snapshot, { name: 'work' })]);
    expect(await stage.text()).toContain('tmux_session_windows{server="work",session="new"} 0');
    expect(stage.parts.renderedServers).toBe(3);
  });

  it('shows of a new view nothing that was only in the old one', async () => {
    const stage = new Stage(viewOf([AGENTS, WORK]));
    await stage.text();
    stage.view = viewOf([AGENTS]);
    expect(await stage.text()).not.toContain('server="work"');
  });

  it('shows the death of a server that is registered still', async () => {
    const stage = new Stage(viewOf([WORK]));
    expect(await stage.text()).toContain('tmux_server_gone_total{server="work",reason="lost"} 0\n');
    stage.view = viewOf([WORK], [sampleTombstone()]);
    expect(await stage.text()).toContain('tmux_server_gone_total{server="work",reason="lost"} 1\n');
  });

  it('shows a reaped server as down for as long as it lingers, and its deaths for longer', async () => {
    const stage = new Stage(viewOf([], [sampleTombstone()]));
    expect(await stage.text()).toContain('tmux_server_up{server="work"} 0\n');
    stage.view = viewOf([], [sampleTombstone({ lingering: false })]);
    const later = await stage.text();
    expect(later).not.toContain('tmux_server_up');
    expect(later).toContain('tmux_server_gone_total{server="work",reason="lost"} 1\n');
    expect(later).toContain('tmux_server_gone_timestamp_seconds{server="work",reason="lost",cause="unknown"}');
  });

  it('shows a server that is registered again under the name of a reaped one once', async () => {
    const tombstone = sampleTombstone();
    const stage = new Stage(viewOf([], [tombstone]));
    await stage.text();
    stage.view = viewOf([pendingRecord()], [tombstone]);
    expect((await stage.text()).match(/^tmux_server_up.*$/gm)).toEqual(['tmux_server_up{server="work"} 0']);
  });

  it('shows of a server whose last poll failed its health alone', async () => {
    const text = await new Stage(viewOf([{ ...WORK, snapshot: null }])).text();
    expect(text).toContain('tmux_server_up{server="work"} 0\n');
    expect(text).toContain('tmux_server_last_seen_timestamp_seconds{server="work"}');
    expect(text).not.toMatch(/tmux_session_|tmux_server_(sessions|windows|panes|clients|start_time|info)/);
  });

  it('begins the poll failures of a new server at zero, and counts them', async () => {
    const stage = new Stage(viewOf([WORK]));
    expect(await stage.text()).toContain('tmux_server_poll_failures_total{server="work",reason="timeout"} 0\n');
    stage.failures.failed('work', 'timeout');
    expect(await stage.text()).toContain('tmux_server_poll_failures_total{server="work",reason="timeout"} 1\n');
  });

  it('drops the poll failures of a server that is not registered any more', async () => {
    const stage = new Stage(viewOf([AGENTS, WORK]));
    await stage.text();
    stage.view = viewOf([AGENTS]);
    stage.failures.failed('work', 'refused');
    expect(await stage.text()).not.toContain('server="work"');
  });

  it('is empty for an empty fleet', async () => {
    expect(await new Stage(viewOf([])).text()).toBe('');
  });
});
