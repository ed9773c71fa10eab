import { isShowable, timeText } from '../../core/text.ts';
import type { KnownServer } from '../../follow/feed/known-server.ts';
import { createAsker } from '../../tmux/asker.ts';
import { listSockets } from '../../tmux/discovery/discovery.ts';
import { ownSocketDirectory } from '../../tmux/discovery/socket-directories.ts';

const TIMEOUT_MS = 2_000;

const QUESTION = ['display-message', '-p', '#{pid} #{start_time} #{version}'];
const ANSWER = /^(\d{1,12}) (\d{1,12}) (\S*)\s*$/;

/** Lists the living tmux servers in the socket directory of a user, without an exporter. */
export async function ownServers(
  tmuxTmpdir: string | undefined,
  uid: number | null,
  ownPid: number,
): Promise<readonly KnownServer[]> {
  const ask = createAsker({ ownUid: uid, pid: ownPid, timeoutMs: TIMEOUT_MS });
  const sockets = await listSockets(ownSocketDirectory(tmuxTmpdir, uid));
  const found = await Promise.all(sockets.map(async (socket) => serverOf(socket, await ask(socket, QUESTION))));
  return found.flat();
}

function serverOf(socket: string, answer: string | null): readonly KnownServer[] {
  const [, pid, startTime, version] = ANSWER.exec(answer ?? '') ?? [];
  const startedAtMs = Number(startTime) * 1_000;
  if (pid === undefined || !isShowable(startedAtMs)) return [];
  const startedAt = timeText(startedAtMs);
  const name = socket.slice(socket.lastIndexOf('/') + 1);
  return [{ name, socket, pid: Number(pid), startedAt, version: version || null }];
}
