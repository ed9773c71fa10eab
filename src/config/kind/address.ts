import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { parseHttpUrl } from '../../core/http-url.ts';
import { type Kind, parsed, text } from './kind.ts';

/** An address to listen on: TCP, or the path of a Unix socket. */
export type ListenAddress = TcpAddress | { readonly path: string };

interface TcpAddress {
  /** Host name or IP address, IPv6 without brackets; null for every interface. */
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

const ADDRESS = /^(?:\[(?<ipv6>[^[\]]+)\]|(?<host>[^[\]:]*)):(?<port>\d{1,5})$/;
const PATH = /^\/?[\w.~/-]*$/;
const MODE = 'permissions in octal digits, such as 0600; in quotes if the owner may not read and write';
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** The longest path of a Unix socket, in bytes, that every system takes. */
const LONGEST_SOCKET = 103;

/** Reads `host:port`, `[::1]:port`, `:port` or `unix:/path`; null for anything else, such as an IPv6 address without brackets. */
export function parseListenAddress(text: string): ListenAddress | null {
  return text.startsWith('unix:') ? parseSocket(text.slice('unix:'.length)) : parseTcpAddress(text);
}

function parseSocket(path: string): ListenAddress | null {
  const isUsable = path.startsWith('/') && !path.endsWith('/') && !path.includes('\0');
  return isUsable && Buffer.byteLength(path) <= LONGEST_SOCKET ? { path } : null;
}

function parseTcpAddress(text: string): TcpAddress | null {
  const { ipv6, host = '', port } = ADDRESS.exec(text)?.groups ?? {};
  const number = Number(port);
  if (port === undefined || number > 65_535) return null;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { host: ipv6, port: number } : null;
  if (host === '') return { host: null, port: number };
  return isHostName(host) ? { host, port: number } : null;
}

const ADDRESSES =
  'an address such as 127.0.0.1:8689, [::1]:8689, unix:/run/tmux-exporter.sock, or :8689 for every interface';

/** The kind of the addresses to listen on: one of them, or a list. */
export const listenAddresses: Kind<readonly ListenAddress[], string | readonly string[]> = {
  schema: z
    .union([z.string(), z.array(z.string({ error: ADDRESSES })).min(1)], { error: ADDRESSES })
    .transform((given, context) =>
      [given].flat().map((text, index) => {
        const address = parseListenAddress(text);
        if (address !== null) return address;
        const path = Array.isArray(given) ? [index] : [];
        context.addIssue({ code: 'custom', message: ADDRESSES, path, input: text });
        return z.NEVER;
      }),
    ),
  unit: '',
  form: 'list',
  placeholder: 'address',
  values: 'host:port, [IPv6]:port, unix:/path, or :port for every interface',
  read: (text) => text,
};

/** The kind of the permissions of a file, in octal digits. A number can be permissions that YAML or JSON holds in decimal: 432 for 0660. None of these has a first digit of 6 or 7. */
export const fileMode: Kind<number, string | number> = {
  schema: z.union([z.string(), z.number()], { error: MODE }).transform((given, context) => {
    const digits = (typeof given === 'string' ? /^(?:0o?)?([0-7]{3})$/ : /^([67][0-7]{2})$/).exec(String(given))?.[1];
    if (digits !== undefined) return Number.parseInt(digits, 8);
    context.addIssue({ code: 'custom', message: MODE });
    return z.NEVER;
  }),
  unit: '',
  form: 'single',
  placeholder: 'mode',
  values: 'three octal digits',
  read: (text) => text,
};

/** The kind of the URL at which others reach the exporter; no slash is at its end. */
export const externalUrl: Kind<string, string> = parsed(
  {
    placeholder: 'url',
    values: 'URL',
    expected: 'a URL such as https://tmux.example.org/exporter, without user, query, fragment and port 0',
  },
  parseExternalUrl,
);

/** The kind of what all paths begin with: empty, or such as `/tmux`. */
export const pathPrefix: Kind<string, string> = parsed(
  { placeholder: 'path', values: 'path', expected: 'a path such as /tmux, of letters, digits and . _ ~ - /' },
  (text) => (PATH.test(text) ? trimPath(text) : null),
);

/** The kind of the path of the metrics. */
export const telemetryPath: Kind<string, string> = text(
  {
    placeholder: 'path',
    values: 'path',
    expected: 'a path such as /metrics, of letters, digits and . _ ~ - /, that is none of /events, /-/… and /api/…',
  },
  (path) => path.startsWith('/') && PATH.test(path) && !/^\/(?:events|-|api)(?:\/|$)/.test(path),
);

/** What the paths below an external URL begin with: empty, or such as `/tmux`. */
export function prefixOf(url: string): string {
  return trimPath(new URL(url).pathname);
}

function parseExternalUrl(text: string): string | null {
  const url = parseHttpUrl(text);
  const isPlain = url !== null && !/[?#]/.test(text) && url.username === '';
  return isPlain && PATH.test(url.pathname) ? `${url.origin}${trimPath(url.pathname)}` : null;
}

function trimPath(path: string): string {
  const bare = path.replace(/^\/+|\/+$/g, '');
  return bare === '' ? '' : `/${bare}`;
}

/** Reads a host name or IP address without a port, in lower case and IPv6 without brackets, as `Host` headers are compared; null for anything else. */
export function parseHost(text: string): string | null {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  if (isIPv6(bare ?? text)) return (bare ?? text).toLowerCase();
  return isHostName(text) ? text.toLowerCase() : null;
}

/** A name that ends in a number can only be a misspelt IPv4 address. */
function isHostName(text: string): boolean {
  return isIPv4(text) || (HOST_NAME.test(text) && !/(?:^|\.)\d+$/.test(text));
}
