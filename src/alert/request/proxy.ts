import { parseHttpUrl } from '../../core/http-url.ts';
import { percentDecoded } from '../../core/text.ts';
import { isExempt } from './no-proxy.ts';

/** Which proxy an endpoint is reached through. Named as in the `http_config` of Alertmanager, and with the same meaning. */
export interface ProxySettings {
  /** An http or https URL; null for none. */
  readonly proxyUrl: string | null;
  /** Hosts that are reached without the proxy, separated by commas. */
  readonly noProxy: string;
  /** Whether `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` choose the proxy. */
  readonly proxyFromEnvironment: boolean;
}

/** The environment variables of the process. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The way to a URL. */
export type Route =
  | {
      readonly kind: 'direct';
      /** The environment variable with a proxy that would be used if it were allowed; null for none. */
      readonly unused: string | null;
    }
  /** `name` is the option or the environment variable that holds the URL of the proxy. */
  | { readonly kind: 'proxy'; readonly url: URL; readonly name: string }
  | { readonly kind: 'unusable'; readonly problem: string };

/** A way that a request can take. */
export type UsableRoute = Exclude<Route, { kind: 'unusable' }>;

/** Chooses the way to a URL. */
export function routeTo(url: URL, settings: ProxySettings, variables: Variables): Route {
  const { proxyUrl, noProxy, proxyFromEnvironment } = settings;
  if (proxyUrl !== null) {
    // As in Alertmanager: loopback goes through the proxy too, unless there is a list of exceptions.
    return noProxy !== '' && isExempt(url, noProxy) ? DIRECT : proxied(proxyUrl, 'proxy_url');
  }
  const named = proxyVariable(url, variables);
  if (!named || isExempt(url, firstOf(['NO_PROXY', 'no_proxy'], variables)?.text ?? '')) return DIRECT;
  return proxyFromEnvironment ? proxied(named.text, named.name) : { kind: 'direct', unused: named.name };
}

/** The `Proxy-Authorization` header for the user in the URL of a proxy; none if there is no user. */
export function proxyLogin(proxy: URL): Readonly<Record<string, string>> {
  if (proxy.username === '' && proxy.password === '') return {};
  return { 'proxy-authorization': `Basic ${encoded(loginOf(proxy))}` };
}

/** The texts of a route that an answer must not show. */
export function secretsOf(route: Route): string[] {
  if (route.kind !== 'proxy') return [];
  const login = loginOf(route.url);
  return [route.url.href, encoded(login), login, login.slice(login.indexOf(':') + 1)];
}

function loginOf({ username, password }: URL): string {
  return `${percentDecoded(username)}:${percentDecoded(password)}`;
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The URL of a proxy in a text. As in Go, a text without a scheme counts as http. */
export function parseProxyUrl(text: string): URL | null {
  return parseHttpUrl(text.includes('://') ? text : `http://${text}`);
}

const DIRECT: Route = { kind: 'direct', unused: null };

function proxied(text: string, name: string): Route {
  const url = parseProxyUrl(text);
  if (url) return { kind: 'proxy', url, name };
  const problem = `${name} does not hold the http or https URL of a proxy, without port 0: correct it, or turn proxy_from_environment off`;
  return { kind: 'unusable', problem };
}

interface NamedText {
  readonly name: string;
  readonly text: string;
}

function proxyVariable({ protocol }: URL, variables: Variables): NamedText | null {
  return firstOf(protocol === 'https:' ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy'], variables);
}

function firstOf(names: readonly string[], variables: Variables): NamedText | null {
  const name = names.find((candidate) => variables[candidate]);
  return name === undefined ? null : { name, text: variables[name] ?? '' };
}
