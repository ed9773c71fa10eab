import type { ReadFile } from '../../core/file.ts';
import { parseHttpUrl } from '../../core/http-url.ts';
import type { Endpoint } from '../receiver/receiver.ts';
import type { TlsSettings } from '../request/post.ts';
import type { ProxySettings } from '../request/proxy.ts';
import { readSecretLine } from './secret-file.ts';
import { readTlsFiles } from './tls-files.ts';

/** Everything needed to reach an endpoint, read from its files. */
export interface Access {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings;
  readonly tls: TlsSettings;
  /** All texts in it that must not be shown anywhere. */
  readonly secrets: readonly string[];
}

/** The access to an endpoint, or why it cannot be used. */
export type AccessReading =
  | { readonly kind: 'access'; readonly access: Access }
  | { readonly kind: 'none'; readonly problem: string };

const TOKEN = /^[\u0021-\u007e]+$/;

/** An endpoint cannot be used. The message contains no secret. */
class NoAccess extends Error {}

/** Reads all files of an endpoint: its URL, its credentials and its TLS files. */
export async function readAccess(endpoint: Endpoint, readFile: ReadFile): Promise<AccessReading> {
  try {
    const text = endpoint.url ?? (await secretIn(endpoint.urlFile, 'URL', readFile));
    const authorization = await authorizationOf(endpoint, readFile);
    const headers = { ...endpoint.headers, ...(authorization === null ? {} : { authorization }) };
    const tls = await readTlsFiles(endpoint.tlsConfig, readFile);
    if (tls.kind === 'unusable') throw new NoAccess(tls.problem);
    const secrets = [text, ...Object.values(headers), ...tokensOf(authorization)];
    const url = parseUrl(text, endpoint);
    return { kind: 'access', access: { url, headers, proxy: endpoint, tls: tls.settings, secrets } };
  } catch (error) {
    if (error instanceof NoAccess) return { kind: 'none', problem: error.message };
    throw error;
  }
}

/** Parses the URL of an endpoint; null if nothing can be posted to it. */
export function parseEndpointUrl(text: string): URL | null {
  const url = parseHttpUrl(text);
  return url?.username === '' && url.password === '' ? url : null;
}

function parseUrl(text: string, { urlFile }: Endpoint): URL {
  const url = parseEndpointUrl(text);
  if (url) return url;
  throw new NoAccess(
    `${urlFile ?? 'the url'} does not contain an http or https URL without port 0 and without a user name in it`,
  );
}

async function authorizationOf({ bearerTokenFile, basicAuth }: Endpoint, readFile: ReadFile): Promise<string | null> {
  if (bearerTokenFile !== null) return `Bearer ${await tokenIn(bearerTokenFile, readFile)}`;
  const { username, passwordFile } = basicAuth;
  if (username === null) return null;
  const password = passwordFile === null ? '' : await secretIn(passwordFile, 'password', readFile);
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function tokensOf(authorization: string | null): string[] {
  const [scheme, token = ''] = authorization?.split(' ') ?? [];
  if (scheme !== 'Basic') return token === '' ? [] : [token];
  const plain = Buffer.from(token, 'base64').toString();
  return [token, plain, plain.slice(plain.indexOf(':') + 1)];
}

/** Checks a secret before it gets into a header: the error of Node would show it. */
async function tokenIn(path: string, readFile: ReadFile): Promise<string> {
  const token = await secretIn(path, 'token', readFile);
  if (TOKEN.test(token)) return token;
  throw new NoAccess(`${path} contains characters that a header cannot contain`);
}

async function secretIn(path: string | null, what: string, readFile: ReadFile): Promise<string> {
  if (path === null) throw new NoAccess('no URL is configured');
  const reading = await readSecretLine(path, what, readFile);
  if (reading.kind === 'unreadable') throw new NoAccess(reading.problem);
  return reading.text;
}
