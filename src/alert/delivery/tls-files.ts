import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { ReadFile } from '../../core/file.ts';
import type { TlsConfig } from '../receiver/receiver.ts';
import { errorCode } from '../request/error-code.ts';
import type { TlsSettings } from '../request/post.ts';
import { readSecretFile } from './secret-file.ts';

/** Four times the size of a bundle with all authorities of a system. */
const MOST_BYTES = 1_048_576;

/** The TLS settings of an endpoint, or why they cannot be used. */
export type TlsReading =
  | { readonly kind: 'read'; readonly settings: TlsSettings }
  | { readonly kind: 'unusable'; readonly problem: string };

/** Why files cannot be used, in words without a secret. */
class BadFile extends Error {}

/** Reads the files of a `tls_config`. The key needs the mode of a file with a secret. */
export async function readTlsFiles(config: TlsConfig, readFile: ReadFile): Promise<TlsReading> {
  const { caFile, certFile, keyFile, serverName, insecureSkipVerify } = config;
  try {
    const settings = {
      ...(caFile !== null && { ca: await certificatesIn(caFile, readFile) }),
      ...(certFile !== null && { cert: await certificatesIn(certFile, readFile) }),
      ...(keyFile !== null && { key: await keyIn(keyFile, readFile) }),
      ...(serverName !== null && { servername: serverName }),
      ...(insecureSkipVerify && { rejectUnauthorized: false }),
    };
    checkPair(config, settings);
    return { kind: 'read', settings };
  } catch (error) {
    if (error instanceof BadFile) return { kind: 'unusable', problem: error.message };
    throw error;
  }
}

async function certificatesIn(path: string, readFile: ReadFile): Promise<string> {
  const reading = await readFile(path, MOST_BYTES);
  if (reading.kind === 'unreadable') throw new BadFile(`${path} ${reading.problem}`);
  // OpenSSL takes a text without a certificate for an empty list of authorities.
  parsed(path, 'a certificate', () => new X509Certificate(reading.text));
  return reading.text;
}

async function keyIn(path: string, readFile: ReadFile): Promise<string> {
  const reading = await readSecretFile(path, readFile);
  if (reading.kind === 'unreadable') throw new BadFile(reading.problem);
  parsed(path, 'a private key without a password', () => createPrivateKey(reading.text));
  return reading.text;
}

function checkPair({ certFile, keyFile }: TlsConfig, { cert, key }: { readonly cert?: string; readonly key?: string }) {
  if (cert === undefined || key === undefined) return;
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  throw new BadFile(
    `${keyFile} is not the key of the certificate in ${certFile}: configure the two that belong together`,
  );
}

function parsed(path: string, expected: string, parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    throw new BadFile(`${path} does not hold ${expected} in PEM (${errorCode(error) || 'unknown error'})`);
  }
}
