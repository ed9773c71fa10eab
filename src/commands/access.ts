import { readSecretFile } from '../alert/delivery/secret-file.ts';
import { ownTokenPath } from '../app/web/own-token.ts';
import { readTokenFile } from '../app/web/token-files.ts';
import { isLoopbackAddress } from '../core/loopback.ts';
import { type Access, socketOf, type TlsFiles } from '../follow/feed/requester.ts';
import type { AccessOptions } from './access-options.ts';
import type { Terminal } from './terminal.ts';

const MOST_PEM_BYTES = 1_048_576;

/** Creates the access of a command to an exporter: its URL and credentials. Files are read again for each request. */
export function accessOf(options: AccessOptions, terminal: Terminal): Access {
  return {
    url: options.url,
    authorization: () => authorizationOf(options, terminal),
    tls: () => tlsOf(options, terminal),
  };
}

async function authorizationOf(options: AccessOptions, terminal: Terminal): Promise<string | null> {
  const { readFile } = terminal.environment;
  const { url, tokenFile, user, passwordFile } = options;
  if (tokenFile !== null) {
    const reading = await readTokenFile(tokenFile, readFile);
    if (reading.kind === 'unusable') throw new Error(reading.problem);
    return `Bearer ${reading.tokens[0] ?? ''}`;
  }
  if (user !== null && passwordFile !== null) {
    const reading = await readSecretFile(passwordFile, readFile);
    if (reading.kind === 'unreadable') throw new Error(reading.problem);
    return `Basic ${Buffer.from(`${user}:${reading.text}`).toString('base64')}`;
  }
  return isOnThisMachine(url) ? ownToken(terminal) : null;
}

/** Reads the exporter's own token, if there is one. */
async function ownToken({ env, environment }: Terminal): Promise<string | null> {
  const path = ownTokenPath(env['TMUX_EXPORTER_STORAGE_PATH'] || null, environment);
  const reading = await readTokenFile(path, environment.readFile);
  return reading.kind === 'read' ? `Bearer ${reading.tokens[0] ?? ''}` : null;
}

/** Whether the exporter's own token may be sent: never to another machine, and not in place of a login in the URL. */
function isOnThisMachine(url: string): boolean {
  if (socketOf(url) !== null) return true;
  const { hostname, username } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
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
