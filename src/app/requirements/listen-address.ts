import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../../config/schema.ts';
import type { WebPolicy } from '../../http/access/policy.ts';
import type { ListenAddress } from '../../http/listen-address.ts';
import { ListenError, Listeners } from '../../http/listeners.ts';
import { isSame, overlaps, takenPlace } from '../../http/taken-place.ts';
import { StartRefusal } from '../start-refusal.ts';
import { listen, listenProblem, placeUrl, safetyProblem, takenError, wantedAddresses } from '../web/listen.ts';
import { openPolicy } from '../web/web-access.ts';
import { webPathsOf } from '../web/web-paths.ts';
import type { CheckResult, Requirement, RequirementContext } from './requirement.ts';

const ANSWER_MS = 1_000;
const SUBJECT = 'listen address';

/** A web config file that can be used, and addresses that may be listened on and that nobody else listens on. */
export const listenAddress: Requirement = {
  without: 'start',
  examine: async (context) => (await findingsOf(context)).map((finding) => ({ subject: SUBJECT, ...finding })),
};

type Finding = Pick<CheckResult, 'verdict' | 'message'>;

async function findingsOf({ config: { web }, environment }: RequirementContext): Promise<readonly Finding[]> {
  try {
    const policy = await (await openPolicy(web, environment.readFile, () => null, SILENT))();
    if (web.systemdSocket) return [{ verdict: 'fine', message: 'sockets that systemd passes on' }];
    return await examineAddresses(wantedAddresses(web, environment), web, policy);
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    return [{ verdict: 'bad', message: inOneLine(error.message) }];
  }
}

const SILENT = { onLoaded: () => {}, onFailed: () => {} };

/** The problems of a web config file have a line each, perhaps after a heading. */
function inOneLine(text: string): string {
  return text.replaceAll(/:\n\s*/g, ': ').replaceAll(/\n\s*/g, '; ');
}

async function examineAddresses(
  addresses: readonly ListenAddress[],
  web: Config['web'],
  policy: WebPolicy,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const free: ListenAddress[] = [];
  const taken: ListenError[] = [];
  for (const address of addresses) {
    const { state, ...finding } = await examineAddress(address, web, policy);
    findings.push(finding);
    if (state === 'free') free.push(address);
    else if (state !== 'unusable') taken.push(state);
  }
  return [...findings, ...(await examineTogether(free)), ...rivalsAmong(taken)];
}

async function examineAddress(
  address: ListenAddress,
  web: Config['web'],
  policy: WebPolicy,
): Promise<Finding & { readonly state: 'free' | ListenError | 'unusable' }> {
  const unsafe = safetyProblem('fd' in address ? [] : [address], web, policy);
  if (unsafe !== null) return { state: 'unusable', verdict: 'bad', message: unsafe };
  const { prefix } = webPathsOf(web);
  try {
    const [place] = await tryToListen([address]);
    return { state: 'free', verdict: 'fine', message: place ? placeUrl(place, policy, prefix) : '' };
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error;
    const taken = takenError(error);
    const running = taken && (await runningExporter(address, prefix));
    if (!taken || !running) return { state: 'unusable', verdict: 'bad', message: error.message };
    return { state: taken, verdict: 'fine', message: running };
  }
}

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

/** Addresses that a running exporter has taken can exclude each other at the next start. */
function rivalsAmong(taken: readonly ListenError[]): Finding[] {
  return taken.flatMap(({ address, cause }, index) => {
    const place = takenPlace(cause);
    const rival = taken.slice(0, index).find((other) => {
      const otherPlace = takenPlace(other.cause);
      return place && otherPlace && !isSame(otherPlace, place) && overlaps(otherPlace, place);
    });
    return rival ? [{ verdict: 'bad', message: listenProblem(new ListenError(address, cause, rival.address)) }] : [];
  });
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

/** What there is to say if a tmux-exporter already answers at an address; null if none does. It may have been started with another web config file, so both schemes are tried. */
async function runningExporter(address: ListenAddress, prefix: string): Promise<string | null> {
  const schemes: readonly Scheme[] = 'path' in address ? ['http'] : ['http', 'https'];
  const found = await Promise.all(schemes.map((scheme) => exporterAt(scheme, address, prefix)));
  return found.find((text) => text !== null) ?? null;
}

async function exporterAt(scheme: Scheme, address: ListenAddress, prefix: string): Promise<string | null> {
  const url = 'path' in address ? `unix:${address.path}` : `${scheme}://${hostOf(address)}${prefix}`;
  try {
    const answer = await healthOf(scheme, address, prefix);
    return answer.startsWith('tmux-exporter is healthy') ? `a tmux-exporter runs at ${url}` : null;
  } catch {
    return null;
  }
}

const ALL_INTERFACES = ['0.0.0.0', '::'];

/** The host to ask. One that listens on loopback answers to no name of all interfaces. */
function hostOf(address: ListenAddress): string {
  if (!('port' in address)) return 'localhost';
  const { host, port } = address;
  if (host === null || ALL_INTERFACES.includes(host)) return `127.0.0.1:${port}`;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
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
