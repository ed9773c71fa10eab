import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { runBundle } from '../../support/daemon/daemon.ts';
import { filledBus } from '../../support/fleet/filled-bus.ts';
import { HubProcess } from '../../support/fleet/hub-process.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { residentBytes } from '../../support/machine/process-cost.ts';
import { comparedRow, type Row } from '../row.ts';

const EVENTS = 50_000;
const FOLLOWERS = 1_000;
const MIB = 2 ** 20;

/** The memory that a hub may take: for itself, for each event that it keeps and for each follower. */
function allowedBytes(events: number, followers: number): number {
  return 90e6 + 1_200 * events + 25_000 * followers;
}

/** The memory of a hub with 50,000 events, without followers and with 1,000. */
export async function memoryRows(): Promise<Row[]> {
  const [nats, folder] = [await filledBus(1_000, EVENTS), await makePrivateFolder()];
  const password = join(folder, 'password');
  await writeFile(password, 'op', { mode: 0o600 });
  const env = {
    TMUX_EXPORTER_BUS_SERVERS: nats.url,
    TMUX_EXPORTER_BUS_USERNAME: 'op',
    TMUX_EXPORTER_BUS_PASSWORD_FILE: password,
  };
  const flags = [`--feed.max-clients-per-address=${FOLLOWERS + 10}`, `--feed.max-clients=${FOLLOWERS + 10}`];
  const hub = await HubProcess.start({ env, flags, run: runBundle });
  const sockets: Socket[] = [];
  try {
    const alone = memoryRow('no follower', residentBytes(hub.pid), 0);
    while (sockets.length < FOLLOWERS) sockets.push(await follow(hub));
    return [alone, memoryRow('1,000 followers', residentBytes(hub.pid), FOLLOWERS)];
  } finally {
    for (const socket of sockets) socket.destroy();
    await hub.cleanup();
    await nats.cleanup();
    await removeFolder(folder);
  }
}

function memoryRow(name: string, bytes: number, followers: number): Row {
  const allowed = { name: 'what it may take', value: allowedBytes(EVENTS, followers) / MIB };
  return comparedRow(`hub, ${EVENTS.toLocaleString('en')} events, ${name}: RSS`, bytes / MIB, 'MiB', allowed, 1);
}

/** Opens a stream. Resolves when it has begun. */
async function follow(hub: HubProcess): Promise<Socket> {
  const { hostname, port } = new URL(hub.url);
  const socket = connect(Number(port), hostname);
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.toString().startsWith('HTTP/1.1 200')) throw new Error(`expected a stream, found ${answer.toString()}`);
  socket.resume();
  return socket;
}
