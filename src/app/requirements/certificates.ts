import { X509Certificate } from 'node:crypto';
import { type Pem, readWebFile, type TlsEntry } from '../../config/file/web-file.ts';
import type { Config } from '../../config/schema.ts';
import type { ReadFile } from '../../core/file.ts';
import { spanText, timeText } from '../../core/text.ts';
import type { CheckResult, Requirement } from './requirement.ts';

/** Certificates that are valid now. An expired one refuses every connection, or every login, and the daemon starts with it. */
export const certificates: Requirement = {
  without: 'report',
  examine: ({ config, environment }) => inspectCertificates(config, environment.readFile, Date.now()),
};

/** A file or text with certificates in PEM. */
interface Bundle {
  /** What it is, such as `tls_config.ca_file of web hook ops`. */
  readonly name: string;
  readonly pem: Pem;
  /** Whether one valid certificate is enough, as among authorities. Otherwise the first one counts, which is our own. */
  readonly isAny: boolean;
}

/** Checks when the certificates begin and end that a configuration names. Those that cannot be read are left to others. */
export async function inspectCertificates(
  config: Pick<Config, 'web' | 'webhooks' | 'alertmanagers' | 'bus'>,
  readFile: ReadFile,
  now: number,
): Promise<CheckResult[]> {
  const { web, webhooks, alertmanagers, bus } = config;
  const bundles = [
    ...(await webBundles(web.config.file, readFile)),
    ...webhooks.flatMap(({ name, tlsConfig }) => endpointBundles(`web hook ${name}`, tlsConfig)),
    ...alertmanagers.flatMap(({ name, tlsConfig }) => endpointBundles(`Alertmanager ${name}`, tlsConfig)),
    ...(bus.servers.length === 0 ? [] : filesOf('bus.tls.', '', bus.tls)),
  ];
  const results = await Promise.all(bundles.map((bundle) => inspectBundle(bundle, readFile, now)));
  return results.filter((result) => result !== null);
}

async function webBundles(path: string | null, readFile: ReadFile): Promise<Bundle[]> {
  const text = path === null ? null : await textOf({ kind: 'file', path, key: '' }, readFile);
  if (path === null || text === null) return [];
  const read = readWebFile(path, text);
  return read.kind === 'read' && read.file.tls !== null ? tlsBundles(path, read.file.tls) : [];
}

function tlsBundles(path: string, { cert, clientCa }: TlsEntry): Bundle[] {
  const own = { name: `tls_server_config.cert_file of ${path}`, pem: cert, isAny: false };
  if (clientCa === null) return [own];
  return [own, { name: `tls_server_config.client_ca_file of ${path}`, pem: clientCa, isAny: true }];
}

interface TlsFiles {
  readonly caFile: string | null;
  readonly certFile: string | null;
}

function endpointBundles(owner: string, tls: TlsFiles & { readonly insecureSkipVerify: boolean }): Bundle[] {
  return filesOf('tls_config.', ` of ${owner}`, tls.insecureSkipVerify ? { ...tls, caFile: null } : tls);
}

function filesOf(prefix: string, owner: string, { caFile, certFile }: TlsFiles): Bundle[] {
  const bundle = (key: string, path: string | null, isAny: boolean): Bundle[] =>
    path === null ? [] : [{ name: `${prefix}${key}${owner}`, pem: { kind: 'file', path, key }, isAny }];
  return [...bundle('ca_file', caFile, true), ...bundle('cert_file', certFile, false)];
}

/** How long before its end a certificate is worth a note, in milliseconds. */
const SOON_MS = 14 * 24 * 3_600_000;

async function inspectBundle(
  { name, pem, isAny }: Bundle,
  readFile: ReadFile,
  now: number,
): Promise<CheckResult | null> {
  const text = await textOf(pem, readFile);
  const found = text === null ? [] : certificatesIn(text);
  const counted = isAny ? found : found.slice(0, 1);
  const valid = counted.filter(({ from }) => from <= now);
  const until = Math.max(...valid.map(({ to }) => to));
  const shown = `${name}${pem.kind === 'file' ? ` (${pem.path})` : ''}`;
  const subject = 'certificate';
  if (counted.length === 0) return null;
  if (valid.length === 0) {
    const begins = timeText(Math.min(...counted.map(({ from }) => from)));
    return { verdict: 'bad', subject, message: `${shown} is not valid before ${begins}`, cure: CLOCK };
  }
  if (until < now) return { verdict: 'bad', subject, message: `${shown} has ended at ${timeText(until)}`, cure: RENEW };
  if (until > now + SOON_MS) return null;
  const message = `${shown} ends in ${spanText((until - now) / 1_000)}, at ${timeText(until)}`;
  return { verdict: 'note', subject, message, cure: RENEW };
}

const RENEW = 'renew it';
const CLOCK = 'correct the clock of this machine, or use another certificate';

const MOST_BYTES = 1_048_576;

async function textOf(pem: Pem, readFile: ReadFile): Promise<string | null> {
  if (pem.kind === 'text') return pem.text;
  const reading = await readFile(pem.path, MOST_BYTES);
  return reading.kind === 'read' ? reading.text : null;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/** When each certificate begins and ends, in Unix milliseconds. */
function certificatesIn(text: string): readonly { readonly from: number; readonly to: number }[] {
  return (text.match(CERTIFICATE) ?? []).flatMap((one) => {
    try {
      const { validFromDate, validToDate } = new X509Certificate(one);
      return [{ from: validFromDate.getTime(), to: validToDate.getTime() }];
    } catch {
      return [];
    }
  });
}
