import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { ListenAddress } from '../../http/http-server.ts';
import { StartRefusal } from '../start-refusal.ts';
import { type Listener, listen } from '../web/listen.ts';
import { openPolicy } from '../web/web-access.ts';
import type { CheckResult, Requirement, RequirementContext } from './requirement.ts';

const ANSWER_MS = 1_000;

/** An address that the exporter may use, and that is free. */
export const listenAddress: Requirement = {
  without: 'start',
  examine: async (context) => [{ subject: 'listen address', ...(await examineAddress(context)) }],
};

type Finding = Pick<CheckResult, 'verdict' | 'message'>;

async function examineAddress({ config: { web }, environment }: RequirementContext): Promise<Finding> {
  let scheme: Scheme = 'http';
  try {
    const { tls } = await (await openPolicy(web, environment.readFile, SILENT))();
    scheme = tls ? 'https' : 'http';
    return { verdict: 'fine', message: `${scheme}://${await listen(TRIAL, web.listenAddress)}` };
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    const running = await runningExporter(scheme, web.listenAddress);
    return running ? { verdict: 'fine', message: running } : { verdict: 'bad', message: error.message };
  }
}

type Scheme = 'http' | 'https';

const SILENT = { onLoaded: () => {}, onFailed: () => {} };

/** Listens as the daemon would, and stops at once. */
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

/** A message if a tmux-exporter already answers at an address; null if none does. */
async function runningExporter(scheme: Scheme, { host, port }: ListenAddress): Promise<string | null> {
  const name = host === null ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  const url = `${scheme}://${name}:${port}`;
  try {
    const answer = await healthOf(scheme, url);
    return answer.startsWith('tmux-exporter is healthy') ? `a tmux-exporter runs at ${url}` : null;
  } catch {
    return null;
  }
}

/** The certificate may be for another name, because nothing secret is sent. */
async function healthOf(scheme: Scheme, url: string): Promise<string> {
  const { get } = scheme === 'https' ? await import('node:https') : await import('node:http');
  const options = { signal: AbortSignal.timeout(ANSWER_MS), rejectUnauthorized: false };
  const [response] = await once(get(`${url}/-/healthy`, options), 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
