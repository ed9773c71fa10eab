import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { ListenAddress } from '../../http/http-server.ts';
import { type Listener, listen } from '../listen.ts';
import type { CheckResult, Requirement, RequirementContext } from '../requirement.ts';
import { StartRefusal } from '../start-refusal.ts';

const ANSWER_MS = 1_000;

/** An address that may be listened on, and that nobody else listens on. */
export const listenAddress: Requirement = {
  without: 'start',
  examine: async ({ config }) => [{ subject: 'listen address', ...(await examineAddress(config.web)) }],
};

type Finding = Pick<CheckResult, 'verdict' | 'message'>;

async function examineAddress(web: RequirementContext['config']['web']): Promise<Finding> {
  try {
    return { verdict: 'fine', message: await listen(TRIAL, web) };
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    const running = await runningExporter(web.listenAddress);
    return running ? { verdict: 'fine', message: running } : { verdict: 'bad', message: error.message };
  }
}

/** Listens as the daemon would, and ends at once. */
const TRIAL: Listener = {
  listen: async ({ host, port }) => {
    const server = createServer((socket) => socket.destroy());
    server.listen(host === null ? { port } : { host, port });
    await once(server, 'listening');
    const address = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return { ...address, port };
  },
};

/** What there is to say if a tmux-exporter already answers at an address; null if none does. */
async function runningExporter({ host, port }: ListenAddress): Promise<string | null> {
  const name = host === null ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `http://${name}:${port}`;
  try {
    const response = await fetch(`${url}/-/healthy`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const isOurs = (await response.text()).startsWith('tmux-exporter is healthy');
    return isOurs ? `a tmux-exporter runs at ${url}` : null;
  } catch {
    return null;
  }
}
