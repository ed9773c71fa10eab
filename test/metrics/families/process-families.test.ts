import { describe, expect, it } from '@jest/globals';
import type { ProcessUsage } from '../../../src/core/process/process-usage.ts';
import type { ServerProcesses } from '../../../src/core/process/server-processes.ts';
import { PollFailures } from '../../../src/metrics/families/poll-failures.ts';
import { ViewParts } from '../../../src/metrics/render/view-part.ts';
import { TEXT } from '../../../src/metrics/text/exposition-format.ts';
import { exposureOf } from '../../support/daemon/exposure.ts';
import { viewOf } from '../../support/sample/fleet.ts';
import { sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

const USAGE: ProcessUsage = { cpuMs: 12_340, residentBytes: 8_192, processes: 2, threads: 5, openFiles: 9 };

async function linesOf(
  usage: ProcessUsage | null,
  collector: Parameters<typeof exposureOf>[0] = {},
): Promise<string[]> {
  const record = upRecord(sampleSnapshot(), { name: 'work' });
  const processes: ServerProcesses = {
    layout: sampleSnapshot(),
    sessions: new Map(usage ? [['$0', usage]] : []),
    panes: new Map(usage ? [['%0', usage]] : []),
  };
  const view = viewOf([{ ...record, processes }]);
  const parts = new ViewParts(
    () => view,
    new PollFailures(),
    () => exposureOf(collector),
  );
  const text = (await parts.in(TEXT)).bytes.toString();
  return text.split('\n').filter((line) => /^tmux_(session|pane)_process/.test(line));
}

describe('The families of processes', () => {
  it('show for each session what its processes use', async () => {
    expect(await linesOf(USAGE)).toEqual([
      'tmux_session_process_cpu_seconds_total{server="work",session="main"} 12.34',
      'tmux_session_process_resident_memory_bytes{server="work",session="main"} 8192',
      'tmux_session_processes{server="work",session="main"} 2',
      'tmux_session_process_threads{server="work",session="main"} 5',
      'tmux_session_process_open_fds{server="work",session="main"} 9',
    ]);
  });

  it('show the same for each pane if that is wanted', async () => {
    expect(await linesOf(USAGE, { process: false, paneProcess: true })).toEqual([
      'tmux_pane_process_cpu_seconds_total{server="work",pane_id="%0"} 12.34',
      'tmux_pane_process_resident_memory_bytes{server="work",pane_id="%0"} 8192',
      'tmux_pane_processes{server="work",pane_id="%0"} 2',
      'tmux_pane_process_threads{server="work",pane_id="%0"} 5',
      'tmux_pane_process_open_fds{server="work",pane_id="%0"} 9',
    ]);
  });

  it('have no sample of a value that may not be read, and none if nothing is known', async () => {
    const names = (await linesOf({ ...USAGE, residentBytes: null, openFiles: null })).map((line) => line.split('{')[0]);
    expect(names).toEqual([
      'tmux_session_process_cpu_seconds_total',
      'tmux_session_processes',
      'tmux_session_process_threads',
    ]);
    expect(await linesOf(null)).toEqual([]);
  });
});
