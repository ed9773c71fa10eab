import type { AttachedClient } from '../../core/model/snapshot.ts';
import { brief, type Family, gauge, info, polled } from './family.ts';
import type { ClientSubject } from './subject.ts';

/** The metric families of an attached client. The exporter's own connections are not attached, so they are not shown. */
export const CLIENT_FAMILIES: readonly Family<ClientSubject>[] = [
  gauge(
    'tmux_client_created_timestamp_seconds',
    polled('Unix time at which the client was started'),
    ({ client }) => client.createdAt,
  ),
  gauge(
    'tmux_client_activity_timestamp_seconds',
    polled('Unix time of the last activity of the client'),
    ({ client }) => client.activityAt,
  ),
  bytes(
    'tmux_client_written_bytes_total',
    'Bytes that were written to the terminal of the client',
    ({ writtenBytes }) => writtenBytes,
  ),
  bytes(
    'tmux_client_discarded_bytes_total',
    'Bytes that the terminal of the client was too slow to take',
    ({ discardedBytes }) => discardedBytes,
  ),
  info(
    'tmux_client_info',
    polled('Kind and terminal type of the client, and the session that it is attached to'),
    ['session', 'kind', 'term'],
    ({ client, session }) => [session, client.kind, brief(client.term)],
  ),
];

function bytes(name: string, help: string, value: (client: AttachedClient) => number | null): Family<ClientSubject> {
  return { ...gauge(name, polled(help), ({ client }) => value(client)), type: 'counter' };
}
