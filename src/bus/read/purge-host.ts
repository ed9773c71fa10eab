import type { BusConnection } from '../connection/nats-connection.ts';
import { HOST_STREAM } from '../stream/streams.ts';
import { hostSubject } from '../stream/subjects.ts';

/** Removes the report of a host from the bus. Gives the problem if that fails. */
export async function purgeHost(
  connection: Pick<BusConnection, 'request'>,
  prefix: string,
  name: string,
): Promise<string | null> {
  const right = `$JS.API.STREAM.PURGE.${HOST_STREAM}`;
  const reply = await connection.request(right, JSON.stringify({ filter: hostSubject(prefix, name) }));
  if (reply.kind === 'unreachable') return `the bus does not answer (${reply.problem}): try again`;
  if (reply.kind === 'refused')
    return `the bus does not allow it (${reply.problem}): give the user of the hub the right to publish ${right}`;
  const { error } = reply.message.json<{ readonly error?: { readonly description?: string } }>();
  return error ? `the bus refuses it: ${error.description ?? 'it does not say why'}` : null;
}
