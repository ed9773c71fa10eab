import { execFile } from 'node:child_process';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A certificate and its key, as files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** The content of a certificate. */
export interface CertificateOptions {
  /** Subject alternative names as OpenSSL writes them. */
  readonly names?: string;
  /** Who signs it; itself by default. */
  readonly issuer?: Certificate;
  /** How long it is valid; a day by default. */
  readonly days?: number;
}

const NAMES = 'DNS:localhost,IP:127.0.0.1';

/** Makes a certificate in `<folder>/<name>.crt` and `.key`. Files that are there are replaced, the key first. */
export async function makeCertificate(
  folder: string,
  name: string,
  { names = NAMES, issuer, days = 1 }: CertificateOptions = {},
): Promise<Certificate> {
  const made = { cert: join(folder, `${name}.crt.new`), key: join(folder, `${name}.key.new`) };
  const signing = issuer ? ['-CA', issuer.cert, '-CAkey', issuer.key] : [];
  await execute('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', `${days}`],
    ...['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`, ...signing],
    ...['-keyout', made.key, '-out', made.cert],
  ]);
  const certificate = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  await rename(made.key, certificate.key);
  await rename(made.cert, certificate.cert);
  return certificate;
}

/** The texts of a certificate and its key. */
export async function readCertificate({ cert, key }: Certificate): Promise<Certificate> {
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}
