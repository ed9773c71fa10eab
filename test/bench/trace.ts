import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { residentBytes } from '../support/machine/process-cost.ts';
import { askServer } from '../support/tmux/ask-server.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { plainRow, type Row } from './row.ts';

const POLLS = 10_000;

/** After this many polls the message log of a server, which has 1,000 lines, is full, and its heap is stable, also that of the newest tmux. */
const WARM_UP = 30_000;

/** The memory that polling leaves in a server, for the tmux of the machine and for each binary that `TMUX_BINARIES` names, separated by colons. */
export async function* bench(): AsyncGenerator<Row> {
  for (const binary of ['tmux', ...(process.env['TMUX_BINARIES'] ?? '').split(':').filter(Boolean)])
    yield* await traceIn(binary);
}

async function traceIn(binary: string): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const sessions = ['one', 'two', 'three'];
  const polled = await TmuxServer.start({ folder, name: 'polled', sessions, binary });
  const alone = await TmuxServer.start({ folder, name: 'alone', sessions, binary });
  try {
    const version = await polled.run('display-message', '-p', '#{version}');
    const name = `tmux ${version}`;
    await poll(polled, WARM_UP);
    const before = { polled: residentBytes(polled.pid), alone: residentBytes(alone.pid) };
    await poll(polled, POLLS);
    const grown = residentBytes(polled.pid) - before.polled - (residentBytes(alone.pid) - before.alone);
    const messages = await messagesOf(polled, 10);
    return [
      plainRow(`${name}: growth by ${POLLS} polls, more than unpolled`, grown / 1024, 'KiB', 10),
      ...(messages === null ? [] : [plainRow(`${name}: lines in the message log per poll`, messages, '', 1)]),
    ];
  } finally {
    await polled.cleanup();
    await alone.cleanup();
    await removeFolder(folder);
  }
}

async function poll({ socket }: TmuxServer, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { kind } = await askServer(socket);
    if (kind !== 'snapshot') throw new Error('expected an answer');
  }
}

/** Lines per poll; null if the server shows its log to attached clients alone. */
async function messagesOf(server: TmuxServer, polls: number): Promise<number | null> {
  const log = async () =>
    (await server.run('show-messages')).split('\n').filter((line) => /list-panes|list-clients/.test(line));
  try {
    await server.run('set-option', '-g', 'message-limit', '5000');
    const before = (await log()).length;
    await poll(server, polls);
    return ((await log()).length - before) / polls;
  } catch {
    return null;
  }
}
