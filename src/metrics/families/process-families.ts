import type { ProcessUsage } from '../../core/process/process-usage.ts';
import type { FamilyType } from '../text/exposition-format.ts';
import type { Family, Sample, Subject } from './family.ts';

/** A session or pane with the usage of its processes. */
export interface UsageSubject extends Subject {
  /** Null if unknown; there are no samples then. */
  readonly usage: ProcessUsage | null;
}

/** The metric families of the processes in the panes of a session. A window that is linked into two sessions counts in both. */
export const SESSION_PROCESS_FAMILIES = familiesOf('tmux_session', 'under the panes of the session');

/** The metric families of the processes in a pane. */
export const PANE_PROCESS_FAMILIES = familiesOf('tmux_pane', 'under the pane');

function familiesOf(prefix: string, place: string): readonly Family<UsageSubject>[] {
  return [
    ofUsage(
      `${prefix}_process_cpu_seconds_total`,
      'counter',
      `CPU time that the processes ${place}, and the children they waited for, have used since they were first seen.`,
      ({ cpuMs }) => cpuMs / 1000,
    ),
    ofUsage(
      `${prefix}_process_resident_memory_bytes`,
      'gauge',
      `Resident memory of the processes ${place}; shared pages count once per process.`,
      ({ residentBytes }) => residentBytes,
    ),
    ofUsage(`${prefix}_processes`, 'gauge', `Processes ${place}, zombies included.`, ({ processes }) => processes),
    ofUsage(`${prefix}_process_threads`, 'gauge', `Threads of the processes ${place}.`, ({ threads }) => threads),
    ofUsage(
      `${prefix}_process_open_fds`,
      'gauge',
      `Open file descriptors of the processes ${place}; absent if those of one of them may not be counted.`,
      ({ openFiles }) => openFiles,
    ),
  ];
}

function ofUsage(
  name: string,
  type: FamilyType,
  help: string,
  value: (usage: ProcessUsage) => number | null,
): Family<UsageSubject> {
  const samples = ({ usage }: UsageSubject): readonly Sample[] => {
    const found = usage && value(usage);
    return found === null ? [] : [[found]];
  };
  return { name, type, help, labels: [], most: 1, samples };
}
