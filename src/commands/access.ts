import { readSecretLine } from '../alert/delivery/secret-file.ts';
import { listenerUids, socketUids } from '../app/web/listener-owner.ts';
import { ownTokenPath } from '../app/web/own-token.ts';
import { readTokenFile } from '../app/web/token-files.ts';
import { portOf, shownUrl } from '../core/exporter-url.ts';
import type { ReadFile } from '../core/file.ts';
import { isLoopbackAddress } from '../core/loopback.ts';
import { errorText } from '../core/text.ts';
import { type Access, socketOf, type TlsFiles } from '../follow/feed/requester.ts';
import type { AccessOptions } from './access-options.ts';
import type { Terminal } from './terminal.ts';

const MOST_PEM_BYTES = 1_048_576;

/** How a command reaches an exporter and logs in. Files are read for each request. `onWithheld` is given the reason if our own token is not sent. */
export function accessOf(
  options: AccessOptions,
  terminal: Terminal,
  onWithheld: (reason: string) => void = () => {},
): Access {
  return {
    url: options.url,
    authorization: () => authorizationOf(options, terminal, onWithheld),
    tls: () => tlsOf(options, terminal),
  };
}

/** Why a file with which a command would log in cannot be used. Null if that of any exporter can be, as that one can be reached. */
export async function accessProblem(exporters: readonly AccessOptions[], terminal: Terminal): Promise<string | null> {
  const problems = await Promise.all(exporters.map((options) => problemOf(accessOf(options, terminal))));
  return problems.includes(null) ? null : (problems[0] ?? null);
}

async function problemOf({ authorization, tls }: Access): Promise<string | null> {
  try {
    await Promise.all([authorization(), tls()]);
    return null;
  } catch (error) {
    return errorText(error);
  }
}

async function authorizationOf(
  options: AccessOptions,
  terminal: Terminal,
  onWithheld: (reason: string) => void,
): Promise<string | null> {
  const { readFile } = terminal.environment;
  const { url, tokenFile, user, passwordFile } = options;
  if (tokenFile !== null) {
    const reading = await readTokenFile(tokenFile, readFile);
    if (reading.kind === 'unusable') throw new Error(reading.problem);
    return `Bearer ${reading.tokens[0] ?? ''}`;
  }
  if (user !== null && passwordFile !== null) {
    const reading = await readSecretLine(passwordFile, 'password', readFile);
    if (reading.kind === 'unreadable') throw new Error(reading.problem);
    return `Basic ${Buffer.from(`${user}:${reading.text}`).toString('base64')}`;
  }
  if (!isOnThisMachine(url)) return null;
  const token = await ownToken(terminal);
  const stranger = token === null ? null : await strangerAt(url, terminal);
  if (stranger === null) return token;
  onWithheld(
    `your token was not sent: expected an exporter of yours or of root at ${shownUrl(url)}, found a listener of uid ${stranger}; name a token for it with --token-file`,
  );
  return null;
}

/** Reads the exporter's own token, if there is one. */
async function ownToken({ env, environment }: Terminal): Promise<string | null> {
  const path = ownTokenPath(env['TMUX_EXPORTER_STORAGE_PATH'] || null, environment);
  const reading = await readTokenFile(path, environment.readFile);
  return reading.kind === 'read' ? `Bearer ${reading.tokens[0] ?? ''}` : null;
}

/** The user other than ours and root who listens at a URL of this machine; null if there is none, or without /proc. */
async function strangerAt(url: string, { environment }: Terminal): Promise<number | null> {
  const uids = (await uidsAt(url, environment.readFile)) ?? [];
  return uids.find((uid) => uid !== 0 && uid !== environment.uid) ?? null;
}

function uidsAt(url: string, readFile: ReadFile): Promise<readonly number[] | null> {
  const socket = socketOf(url);
  if (socket !== null) return socketUids(socket);
  const parts = new URL(url);
  return listenerUids(bareHost(parts.hostname), Number(portOf(parts)), readFile);
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** Our own token is never sent elsewhere, nor in place of a login. */
function isOnThisMachine(url: string): boolean {
  if (socketOf(url) !== null) return true;
  const { hostname, username } = new URL(url);
  const host = bareHost(hostname);
  return username === '' && (host === 'localhost' || isLoopbackAddress(host));
}

async function tlsOf({ caFile, certFile, keyFile }: AccessOptions, terminal: Terminal): Promise<TlsFiles> {
  const read = async (path: string | null) => (path === null ? undefined : readPem(path, terminal));
  const [ca, cert, key] = await Promise.all([caFile, certFile, keyFile].map(read));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function readPem(path: string, { environment }: Terminal): Promise<string> {
  const reading = await environment.readFile(path, MOST_PEM_BYTES);
  if (reading.kind === 'unreadable') throw new Error(`${path} ${reading.problem}`);
  return reading.text;
}
