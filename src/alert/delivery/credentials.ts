import type { ReadFile } from '../../core/file.ts';
import type { Endpoint } from '../receiver/receiver.ts';
import type { TlsSettings } from '../request/post.ts';
import type { ProxySettings } from '../request/proxy.ts';
import { readSecretFile } from './secret-file.ts';
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
const ONE_LINE = /^[^\r\n]*$/;

/** An endpoint cannot be used. The message contains no secret. */
class NoAccess extends Error {}

/** Reads all files of an endpoint: its URL, its credentials and its TLS files. */
export async function readAccess(endpoint: Endpoint, readFile: ReadFile): Promise<AccessReading> {
  try {
    const text = endpoint.url ?? (await secretIn(endpoint.urlFile, readFile));
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
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  return url.username === '' && url.password === '' ? url : null;
}

function parseUrl(text: string, { urlFile }: Endpoint): URL {
  const url = parseEndpointUrl(text);
  if (url) return url;
  throw new NoAccess(`${urlFile ?? 'the url'} does not contain an http or https URL without a user name in it`);
}

async function authorizationOf({ bearerTokenFile, basicAuth }: Endpoint, readFile: ReadFile): Promise<string | null> {
  const secret = (path: string) => secretIn(path, readFile);
  if (bearerTokenFile !== null) return `Bearer ${fitting(await secret(bearerTokenFile), TOKEN, bearerTokenFile)}`;
  const { username, passwordFile } = basicAuth;
  if (username === null) return null;
  const password = passwordFile === null ? '' : fitting(await secret(passwordFile), ONE_LINE, passwordFile);
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function tokensOf(authorization: string | null): string[] {
  const [scheme, token = ''] = authorization?.split(' ') ?? [];
  if (scheme !== 'Basic') return token === '' ? [] : [token];
  const plain = Buffer.from(token, 'base64').toString();
  return [token, plain, plain.slice(plain.indexOf(':') + 1)];
}

/** Checks a secret before it gets into a header: the error of Node would show it. */
function fitting(text: string, form: RegExp, path: string): string {
  if (form.test(text)) return text;
  throw new NoAccess(`${path} contains more than one line, or characters that a header cannot contain`);
}

async function secretIn(path: string | null, readFile: ReadFile): Promise<string> {
  if (path === null) throw new NoAccess('no URL is configured');
  const reading = await readSecretFile(path, readFile);
  if (reading.kind === 'unreadable') throw new NoAccess(reading.problem);
  return reading.text;
}
