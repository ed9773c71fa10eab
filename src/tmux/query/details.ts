import { constants } from 'node:os';
import type { AttachedClient, PaneDetail, WindowDetail } from '../../core/model/snapshot.ts';
import {
  bytesOrNull,
  fieldsOf,
  flag,
  GarbledOutput,
  identifier,
  integer,
  integerOrNull,
  type Records,
  time,
} from './records.ts';

/** The details of a window and of one of its links. */
export interface WindowDetails {
  readonly index: number;
  readonly window: WindowDetail;
}

/** Reads the details of all windows, in the order of their links; null if they were not asked for. */
export function readWindowDetails(records: Records): WindowDetails[] | null {
  const texts = records.beside('windowDetails', 'window');
  if (texts.length === 0) return null;
  return texts.map((text) => {
    const [index = '', activity = '', activeClients = ''] = fieldsOf('windowDetails', text);
    return {
      index: integer(index, 'window_index'),
      window: {
        activityAt: time(activity, 'window_activity'),
        activeClients: integerOrNull(activeClients, 'window_active_clients'),
      },
    };
  });
}

/** Returns a reader for the details of the pane at a list index; null if they were not asked for. */
export function readPaneDetails(records: Records): ((at: number) => PaneDetail) | null {
  const numbers = records.beside('paneDetails', 'pane');
  const titles = records.beside('title', 'pane');
  const paths = records.beside('path', 'pane');
  if (numbers.length === 0) return null;
  return (at) => ({ ...readNumbers(numbers[at] ?? ''), title: titles[at] ?? '', path: paths[at] ?? '' });
}

function readNumbers(text: string): Omit<PaneDetail, 'title' | 'path'> {
  const [modes = '', status = '', signal = '', lines = '', limit = ''] = fieldsOf('paneDetails', text);
  return {
    // Since 3.0 this is the number of stacked modes.
    inMode: modes !== '' && integer(modes, 'pane_in_mode') > 0,
    exitStatus: integerOrNull(status, 'pane_dead_status'),
    exitSignal: readSignal(signal),
    historyLines: integer(lines, 'history_size'),
    historyLimitLines: integer(limit, 'history_limit'),
  };
}

/** Reads a signal. tmux prints its name if the system's C library has names for signals, as that of BSD does. */
function readSignal(text: string): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  return new Map<string, number>(Object.entries(constants.signals)).get(name) ?? null;
}

/** Reads every attached client; empty if the details of clients were not asked for. */
export function readAttachedClients(records: Records): AttachedClient[] {
  const terms = records.beside('terminal', 'client');
  const kinds = records.of('client');
  return records.beside('clientDetails', 'client').map((text, at) => {
    const [pid = '', sessionId = '', created = '', activity = '', written = '', discarded = '', name = ''] = fieldsOf(
      'clientDetails',
      text,
    );
    if (name === '') throw new GarbledOutput('expected the name of a client, found none');
    return {
      name,
      pid: integer(pid, 'client_pid'),
      kind: flag(kinds[at] ?? '') ? 'control' : 'tty',
      sessionId: identifier(sessionId, '$'),
      createdAt: time(created, 'client_created'),
      activityAt: time(activity, 'client_activity'),
      writtenBytes: bytesOrNull(written, 'client_written'),
      discardedBytes: bytesOrNull(discarded, 'client_discarded'),
      term: terms[at] ?? '',
    };
  });
}
