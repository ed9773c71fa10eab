import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ListenAddress } from '../../http/listen-address.ts';
import { Listeners } from '../../http/listeners.ts';
import { StartRefusal } from '../start-refusal.ts';
import { listen, placeUrl, safetyProblem, wantedAddresses } from '../web/listen.ts';
import { openPolicy } from '../web/web-access.ts';
import { webPathsOf } from '../web/web-paths.ts';
import type { CheckResult, Requirement, RequirementContext } from './requirement.ts';

const ANSWER_MS = 1_000;
const SUBJECT = 'listen address';

/** Addresses that may be listened on, and that nobody else listens on. */
export const listenAddress: Requirement = {
  without: 'start',
  examine: async (context) => {
    const { web } = context.config;
    if (web.systemdSocket) return [{ subject: SUBJECT, verdict: 'fine', message: 'sockets that systemd passes on' }];
    const findings: Finding[] = [];
    const free: ListenAddress[] = [];
    for (const address of wantedAddresses(web, context.environment)) {
      const { isFree, ...finding } = await examineAddress(context, address);
      findings.push(finding);
      if (isFree) free.push(address);
    }
    return [...findings, ...(await examineTogether(free))].map((finding) => ({ subject: SUBJECT, ...finding }));
  },
};

type Finding = Pick<CheckResult, 'verdict' | 'message'>;

async function examineAddress(
  { config: { web }, environment }: RequirementContext,
  address: ListenAddress,
): Promise<Finding & { readonly isFree: boolean }> {
  const { prefix } = webPathsOf(web);
  let isEncrypted = false;
  const problemOf = safetyProblem.bind(null, 'fd' in address ? [] : [address], web);
  try {
    const policy = await (await openPolicy(web, environment.readFile, problemOf, SILENT))();
    isEncrypted = policy.tls !== null;
    const [place] = await tryToListen([address]);
    return { isFree: true, verdict: 'fine', message: place ? placeUrl(place, policy, prefix) : '' };
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    const running = await runningExporter(isEncrypted ? 'https' : 'http', address, prefix);
    const finding: Finding = running
      ? { verdict: 'fine', message: running }
      : { verdict: 'bad', message: error.message };
    return { isFree: false, ...finding };
  }
}

const SILENT = { onLoaded: () => {}, onFailed: () => {} };

/** Addresses of which each is free can exclude each other. */
async function examineTogether(addresses: readonly ListenAddress[]): Promise<readonly Finding[]> {
  try {
    await tryToListen(addresses);
    return [];
  } catch (error) {
    if (error instanceof StartRefusal) return [{ verdict: 'bad', message: error.message }];
    throw error;
  }
}

/** Listens as the daemon would, and ends at once. A port that the system would choose stays 0. */
async function tryToListen(addresses: readonly ListenAddress[]) {
  const listeners = new Listeners(() => createServer((socket) => socket.destroy()));
  const places = await listen(listeners, addresses);
  await listeners.stop();
  return places.map((place, index) => {
    const address = addresses[index];
    return 'port' in place && address !== undefined && 'port' in address ? { ...place, port: address.port } : place;
  });
}

type Scheme = 'http' | 'https';

/** What there is to say if a tmux-exporter already answers at an address; null if none does. */
async function runningExporter(scheme: Scheme, address: ListenAddress, prefix: string): Promise<string | null> {
  const url = 'path' in address ? `unix:${address.path}` : `${scheme}://${hostOf(address)}${prefix}`;
  try {
    const answer = await healthOf(scheme, address, prefix);
    return answer.startsWith('tmux-exporter is healthy') ? `a tmux-exporter runs at ${url}` : null;
  } catch {
    return null;
  }
}

function hostOf(address: ListenAddress): string {
  if (!('port' in address)) return 'localhost';
  const { host, port } = address;
  return `${host === null ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Its certificate need not be one for this name: nothing secret is sent. */
async function healthOf(scheme: Scheme, address: ListenAddress, prefix: string): Promise<string> {
  const isSocket = 'path' in address;
  const { get } = scheme === 'https' && !isSocket ? await import('node:https') : await import('node:http');
  const options = {
    signal: AbortSignal.timeout(ANSWER_MS),
    rejectUnauthorized: false,
    ...(isSocket && { socketPath: address.path }),
  };
  const url = `${isSocket ? 'http' : scheme}://${hostOf(address)}${prefix}/-/healthy`;
  const asked = get(url, options);
  // Node gives no response and no error for an answer 101.
  const closed = once(asked, 'close').then(() => Promise.reject(new Error('it answered nothing')));
  const [response] = await Promise.race([once(asked, 'response'), closed]);
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
