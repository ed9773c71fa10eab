import * as z from 'zod';
import { parseHttpUrl } from '../../core/http-url.ts';
import { parseHost } from './address.ts';
import { duration, type Kind, text } from './kind.ts';

/** The kind of the name of a receiver, which is its label everywhere. */
export const receiverName: Kind<string, string> = text(
  {
    placeholder: 'name',
    values: '1 to 64 of A-Z a-z 0-9 _ . -',
    expected: 'a name: 1 to 64 of A-Z a-z 0-9 _ . -',
  },
  (name) => /^[A-Za-z0-9_.-]{1,64}$/.test(name),
);

/** The kind of a URL that something can be posted to. */
export const endpointUrl: Kind<string, string> = text(
  {
    placeholder: 'url',
    values: 'http or https URL',
    expected: 'an http or https URL without port 0, and without a user name in it (use basic_auth)',
  },
  (value) => {
    const url = parseHttpUrl(value);
    return url?.username === '' && url.password === '';
  },
);

/** The kind of the URL of a proxy. */
export const proxyUrl: Kind<string, string> = text(
  {
    placeholder: 'url',
    values: 'http or https URL',
    expected:
      'the http or https URL of a proxy, such as http://proxy.example:3128, without port 0, with a user name and a password if it wants them',
  },
  (value) => parseHttpUrl(value) !== null,
);

/** The kind of the hosts that are reached without a proxy. */
export const noProxyList: Kind<string, string> = text(
  {
    placeholder: 'hosts',
    values: 'host names, IP addresses and CIDR ranges, separated by commas',
    expected:
      'a text of host names, IP addresses and CIDR ranges, separated by commas, such as ".example.org,10.0.0.0/8"',
  },
  (value) => !/[\r\n]/.test(value),
);

/** The kind of a text of one line. */
export const oneLine: Kind<string, string> = text(
  { placeholder: 'text', values: 'text', expected: 'a text of one line' },
  (value) => value !== '' && !/[\r\n]/.test(value),
);

/** The kind of the name in a certificate. */
export const serverName: Kind<string, string> = text(
  { placeholder: 'host', values: 'host name or IP address', expected: 'a host name or IP address' },
  (value) => parseHost(value) !== null,
);

/** Headers that are ours, or those of the connection. */
const OWN_HEADER =
  /^(?:webhook-.*|idempotency-key|host|connection|content-length|transfer-encoding|upgrade|te|trailer)$/i;
const HEADERS =
  'a mapping of header names, other than those of the connection and of Standard Webhooks, to their values';
const headerName = z.string().refine((name) => /^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name) && !OWN_HEADER.test(name), {
  error: HEADERS,
});
const HEADER_VALUE = 'a text on one line, without characters beyond ISO 8859-1; put a number into quotes';
const headerValue = z
  .string({ error: HEADER_VALUE })
  .regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/, { error: HEADER_VALUE });

/** The kind of headers that are sent with every request. */
export const headerMapping: Kind<Readonly<Record<string, string>>, Readonly<Record<string, string>>> = {
  schema: z.record(headerName, headerValue, { error: HEADERS }).readonly(),
  unit: '',
  form: 'single',
  placeholder: 'headers',
  values: 'mapping of names to values',
  read: (value) => value,
};

/** The kind of anything that can be JSON. */
export const jsonTree: Kind<unknown, unknown> = {
  schema: z.unknown().superRefine((tree, context) => {
    for (const path of pathsOutsideJson(tree)) {
      context.addIssue({
        code: 'custom',
        message: 'a text, a finite number, true, false, null, a list or a mapping',
        path: [...path],
      });
    }
  }),
  unit: '',
  form: 'single',
  placeholder: 'tree',
  values: 'mapping, list or text with {{path}} in its texts',
  read: (value) => value,
};

function pathsOutsideJson(tree: unknown, path: readonly PropertyKey[] = []): (readonly PropertyKey[])[] {
  if (Array.isArray(tree)) return tree.flatMap((item, index) => pathsOutsideJson(item, [...path, index]));
  if (z.core.util.isPlainObject(tree))
    return Object.entries(tree).flatMap(([key, value]) => pathsOutsideJson(value, [...path, key]));
  const isJson = tree === null || typeof tree === 'string' || typeof tree === 'boolean' || Number.isFinite(tree);
  return isJson ? [] : [path];
}

const REPEAT = duration('0s', '365d');

/** The kind of a repeat interval: never, or at least 5 minutes. */
export const repetition: Kind<number, string, 'Ms'> = {
  ...REPEAT,
  schema: REPEAT.schema.refine((ms) => ms === 0 || ms >= 300_000, {
    error: 'a duration such as 4h, 5m to 365d, or 0s for never',
  }),
  values: '0s, or 5m to 365d',
};
