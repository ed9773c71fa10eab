import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** Which client certificates are wanted: `asked` and `any` take every certificate, `verified` and `verified_if_given` only those of a known authority; `any` and `verified` refuse a client without one. */
export interface ClientCertificates {
  readonly kind: 'none' | 'asked' | 'any' | 'verified_if_given' | 'verified';
  /** Subject alternative names of which a certificate needs one; null for any. */
  readonly names: readonly string[] | null;
}

/** The part of a client's connection that is checked. */
type Shown = Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>;

/** Whether a client may stay, by the certificate it has shown. */
export function isWelcome(client: Shown, { kind, names }: ClientCertificates): boolean {
  if (kind === 'none') return true;
  const certificate = client.getPeerX509Certificate();
  if (!certificate) return kind === 'asked' || kind === 'verified_if_given';
  if (!client.authorized && kind.startsWith('verified')) return false;
  return names === null || names.some((name) => isNamed(certificate, name));
}

type Certificate = NonNullable<ReturnType<TLSSocket['getPeerX509Certificate']>>;

function isNamed(certificate: Certificate, name: string): boolean {
  if (isIP(name) && certificate.checkIP(name) !== undefined) return true;
  return alternativeNames(certificate.subjectAltName ?? '').includes(name);
}

const NAME = /(?:^|, )(?:DNS|email|URI):("(?:[^"\\]|\\.)*"|[^,]*)/g;

/** The DNS names, mail addresses and URIs of a text such as `DNS:one, email:me@example.org`, in which names with a comma are JSON. */
export function alternativeNames(text: string): string[] {
  return [...text.matchAll(NAME)].map(([, name = '']) => (name.startsWith('"') ? String(JSON.parse(name)) : name));
}
