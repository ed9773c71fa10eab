import { parseHttpUrl } from './http-url.ts';

/** Where the commands look for an exporter by default. */
export const DEFAULT_URL = 'http://127.0.0.1:8689';

/** Completes the phrase "expected …". */
export const EXPORTER_URL_RULE = `a URL such as ${DEFAULT_URL} or unix:/run/tmux-exporter.sock, without query, fragment and port 0`;

/** Whether a text is the URL of an exporter: http, https, or `unix:/path`. A comma in the host is a list that was not separated. A query and a fragment would be ignored. */
export function isExporterUrl(text: string): boolean {
  if (text.startsWith('unix:')) return /^unix:\/[^\0]*[^\0/]$/.test(text);
  const url = parseHttpUrl(text);
  return url !== null && !url.hostname.includes(',') && !/[?#]/.test(text);
}

/** Splits a list at the commas that the beginning of a URL follows: a password may contain others. */
export function splitUrls(text: string): readonly string[] {
  return text.split(/,(?=\s*(?:https?:\/\/|unix:\/))/i).map((url) => url.trim());
}

/** The port of a URL, also if it is that of its scheme; empty if neither says one. */
export function portOf({ port, protocol }: Pick<URL, 'port' | 'protocol'>): string {
  return port || (DEFAULT_PORTS[protocol] ?? '');
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Whether a URL has a user, and so perhaps a password. */
export function hasLogin(url: string): boolean {
  return new URL(url).username !== '';
}

/** The URL without user and password, for people. */
export function shownUrl(url: string): string {
  if (url.startsWith('unix:')) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}
