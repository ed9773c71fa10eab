import type { Login } from './password-check.ts';

const BASIC = /^basic +([A-Za-z0-9+/=]+) *$/i;

/** The login of an `Authorization` header (RFC 7617, in UTF-8); null if it holds none. */
export function readBasicAuth(authorization: string | undefined): Login | null {
  const credentials = BASIC.exec(authorization ?? '')?.[1];
  if (credentials === undefined) return null;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
