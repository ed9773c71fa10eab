import { dirname, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { choice, integer, type Kind, listOf, orNull } from '../kind/kind.ts';
import { type ConfigOf, type Option, option, schemaOf } from '../kind/option.ts';
import { goDuration, looseText, looseToggle } from '../kind/web-kinds.ts';
import { leavesOf } from '../leaf.ts';
import type { Path, Problem } from '../problem.ts';
import { checkDocument } from './config-file.ts';
import { readYaml } from './yaml-document.ts';

/** A text in PEM, or the file that holds it and the key that names the file. */
export type Pem =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string; readonly key: string };

/** The TLS settings of a web config file. */
export interface TlsEntry {
  readonly cert: Pem;
  readonly key: Pem;
  /** The authorities of client certificates; null for those of the system. */
  readonly clientCa: Pem | null;
  readonly clientAuthType: ClientAuthType;
  /** Subject alternative names: a client certificate needs one of them. Null for any. */
  readonly clientAllowedSans: readonly string[] | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Names as Go writes them; empty for the default. */
  readonly cipherSuites: readonly CipherSuite[];
  readonly preferServerCipherSuites: boolean;
  readonly curvePreferences: readonly Curve[];
}

/** The content of a web config file. */
export interface WebFile {
  /** Null for plain HTTP. */
  readonly tls: TlsEntry | null;
  /** Sent with every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Users and the bcrypt hashes of their passwords. */
  readonly users: ReadonlyMap<string, string>;
  /** Null for no limit. */
  readonly rateLimit: { readonly intervalMs: number; readonly burst: number } | null;
}

/** The content of a web config file, or all its problems. */
export type WebFileReading =
  | { readonly kind: 'read'; readonly file: WebFile }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Go's names for the ways to request client certificates; RequireClientCert is an old name of RequireAnyClientCert. */
const CLIENT_AUTH_TYPES = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'RequireClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
const TLS_VERSIONS = ['TLS10', 'TLS11', 'TLS12', 'TLS13'] as const;
const CURVES = ['CurveP256', 'CurveP384', 'CurveP521', 'X25519'] as const;
const CIPHER_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
] as const;

export type ClientAuthType = (typeof CLIENT_AUTH_TYPES)[number];
export type TlsVersion = (typeof TLS_VERSIONS)[number];
export type Curve = (typeof CURVES)[number];
export type CipherSuite = (typeof CIPHER_SUITES)[number];

const DENY_OR_SAME = ['deny', 'sameorigin'];

/** The headers that may be set, and what each may hold; null for anything. */
const HEADERS: Readonly<Record<string, readonly string[] | null>> = {
  'Content-Security-Policy': null,
  'Strict-Transport-Security': null,
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': DENY_OR_SAME,
  'X-XSS-Protection': null,
};

const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

const headers: Kind<Readonly<Record<string, string>>, unknown> = {
  ...looseText,
  schema: z.record(z.string(), looseText.schema, { error: 'a mapping of headers to values' }).superRefine(checkHeaders),
  values: `mapping of ${Object.keys(HEADERS).join(', ')} to values`,
};

function checkHeaders(given: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const [name, value] of Object.entries(given)) {
    const allowed = HEADERS[name];
    const message =
      allowed === undefined ? `one of the headers ${Object.keys(HEADERS).join(', ')}` : valueRule(allowed);
    const fits = allowed === undefined ? false : (allowed?.includes(value) ?? HEADER_VALUE.test(value));
    if (!fits) context.addIssue({ code: 'custom', message, path: [name] });
  }
}

function valueRule(allowed: readonly string[] | null): string {
  return allowed === null ? 'the value of a header, on one line' : allowed.join(' or ');
}

const BCRYPT = /^\$2[aby]?\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
const HASH = 'a bcrypt hash that begins with $2a$, $2b$ or $2y$, as htpasswd -nBC 10 "" writes it';

const users: Kind<Readonly<Record<string, string>>, unknown> = {
  ...looseText,
  schema: z.record(z.string(), z.string({ error: HASH }).regex(BCRYPT, { error: HASH }), {
    error: 'a mapping of users to bcrypt hashes',
  }),
  values: 'mapping of users to bcrypt hashes',
};

const CHOSEN_TYPE = orNull(choice('type', CLIENT_AUTH_TYPES));

/** An empty text means no type. */
const clientAuthType: Kind<ClientAuthType | null, unknown> = {
  ...CHOSEN_TYPE,
  schema: z.preprocess((value) => (value === '' ? null : value), CHOSEN_TYPE.schema),
};

const TREE = {
  tls_server_config: {
    cert: entry(looseText, '', 'The certificate, in PEM.'),
    key: entry(looseText, '', 'Its key, in PEM.', true),
    cert_file: entry(looseText, '', 'The file of the certificate; it wins over cert.'),
    key_file: entry(looseText, '', 'The file of the key; it wins over key.'),
    client_auth_type: entry(clientAuthType, null, 'How client certificates are requested.'),
    client_ca: entry(looseText, '', 'The authorities of client certificates, in PEM.'),
    client_ca_file: entry(looseText, '', 'The file of the authorities; it wins over client_ca.'),
    client_allowed_sans: entry(
      orNull(listOf(looseText)),
      null,
      'Subject alternative names: a client certificate needs one of them.',
    ),
    min_version: entry(choice('version', TLS_VERSIONS), 'TLS12', 'The oldest version of TLS.'),
    max_version: entry(choice('version', TLS_VERSIONS), 'TLS13', 'The newest version of TLS.'),
    cipher_suites: entry(listOf(choice('suite', CIPHER_SUITES)), [], 'The cipher suites up to TLS 1.2.'),
    prefer_server_cipher_suites: entry(looseToggle, true, 'Whether our order of cipher suites wins.'),
    curve_preferences: entry(listOf(choice('curve', CURVES)), [], 'The curves, the preferred one first.'),
  },
  http_server_config: {
    http2: entry(looseToggle, true, 'Accepted, and without effect: HTTP/1.1 is served.'),
    headers: entry(headers, {}, 'Headers of every response.'),
  },
  basic_auth_users: entry(users, {}, 'Users and the bcrypt hashes of their passwords.', true),
  rate_limit: {
    interval: entry(goDuration, 0, 'The time between two requests.'),
    burst: entry(integer(0), 0, 'How many requests may come at once.'),
  },
};

type Raw = ConfigOf<typeof TREE>;

/** A key without a value counts as left out. */
function entry<Output, Input, Unit extends string>(
  kind: Kind<Output, Input, Unit>,
  fallback: NoInfer<Input>,
  description: string,
  secret = false,
): Option<Output, Unit> {
  const schema = z.preprocess((value) => value ?? fallback, kind.schema);
  return option({ ...kind, schema }, { default: fallback, description, secret });
}

const SCHEMA = schemaOf(TREE).superRefine((raw, context) => {
  for (const { path, message } of tlsProblems(raw)) context.addIssue({ code: 'custom', message, path: [...path] });
});

/** Reads the text of a web config file in the format that the exporters of Prometheus share. Paths in it are relative to its folder. */
export function readWebFile(path: string, text: string): WebFileReading {
  const document = readYaml(text, { stringKeys: true, merge: true });
  const { problems, value } = checkDocument(path, document, SCHEMA, leavesOf(TREE));
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'read', file: webFileOf(SCHEMA.parse(value ?? {}), dirname(path)) };
}

function webFileOf({ tlsServerConfig, httpServerConfig, basicAuthUsers, rateLimit }: Raw, folder: string): WebFile {
  const { intervalMs, burst } = rateLimit;
  return {
    tls: isTlsWanted(tlsServerConfig) ? tlsOf(tlsServerConfig, folder) : null,
    headers: Object.fromEntries(Object.entries(httpServerConfig.headers).filter(([, value]) => value !== '')),
    users: new Map(Object.entries(basicAuthUsers)),
    rateLimit: intervalMs > 0 ? { intervalMs, burst } : null,
  };
}

type RawTls = Raw['tlsServerConfig'];

/** The exporters serve plain HTTP unless one of these is given. */
function isTlsWanted({ cert, certFile, key, keyFile, clientCa, clientCaFile, clientAuthType }: RawTls): boolean {
  const texts = [cert, certFile, key, keyFile, clientCa, clientCaFile];
  return texts.some((text) => text !== '') || clientAuthType !== null;
}

function tlsOf(raw: RawTls, folder: string): TlsEntry {
  const { clientAuthType, clientAllowedSans, minVersion, maxVersion } = raw;
  return {
    cert: pemOf(raw.cert, raw.certFile, 'cert_file', folder),
    key: pemOf(raw.key, raw.keyFile, 'key_file', folder),
    clientCa:
      raw.clientCa + raw.clientCaFile === '' ? null : pemOf(raw.clientCa, raw.clientCaFile, 'client_ca_file', folder),
    clientAuthType: clientAuthType ?? 'NoClientCert',
    clientAllowedSans,
    minVersion,
    maxVersion,
    cipherSuites: raw.cipherSuites,
    preferServerCipherSuites: raw.preferServerCipherSuites,
    curvePreferences: raw.curvePreferences,
  };
}

function pemOf(text: string, file: string, key: string, folder: string): Pem {
  if (file === '') return { kind: 'text', text };
  return { kind: 'file', path: isAbsolute(file) ? file : join(folder, file), key: `tls_server_config.${key}` };
}

function tlsProblems({ tlsServerConfig: tls }: Raw): { readonly path: Path; readonly message: string }[] {
  if (!isTlsWanted(tls)) return [];
  const asksForNone = (tls.clientAuthType ?? 'NoClientCert') === 'NoClientCert';
  const problem = (isWrong: boolean, key: string, message: string) =>
    isWrong ? [{ path: ['tls_server_config', key], message }] : [];
  return [
    ...problem(tls.cert + tls.certFile === '', 'cert_file', 'a certificate (cert_file or cert)'),
    ...problem(tls.key + tls.keyFile === '', 'key_file', 'the key of the certificate (key_file or key)'),
    ...problem(
      tls.clientCa + tls.clientCaFile !== '' && asksForNone,
      'client_auth_type',
      'RequireAndVerifyClientCert or another type that uses the authorities of clients',
    ),
    ...problem(tls.minVersion > tls.maxVersion, 'min_version', `at most the max_version ${tls.maxVersion}`),
  ];
}
