import type { CipherSuite, ClientAuthType, Curve, TlsEntry, TlsVersion } from '../../config/file/web-file.ts';
import type { ClientCertificates } from '../../http/access/client-certificate.ts';
import type { TlsSettings } from '../../http/access/tls-layer.ts';

/** The texts of the certificate, its key and the authorities of clients. */
export type PemTexts = Pick<TlsSettings, 'cert' | 'key' | 'ca'>;

/** The TLS settings of a web config file, in the names of OpenSSL. */
export function tlsSettingsOf(entry: TlsEntry, texts: PemTexts): TlsSettings {
  const { cipherSuites, curvePreferences } = entry;
  return {
    ...texts,
    clients: { kind: CLIENTS[entry.clientAuthType], names: entry.clientAllowedSans },
    minVersion: VERSIONS[entry.minVersion],
    maxVersion: VERSIONS[entry.maxVersion],
    ciphers: cipherSuites.length === 0 ? null : cipherList(cipherSuites),
    prefersOwnCiphers: entry.preferServerCipherSuites,
    curves: curvePreferences.length === 0 ? null : curvePreferences.map((curve) => CURVES[curve]).join(':'),
  };
}

const CLIENTS: Readonly<Record<ClientAuthType, ClientCertificates['kind']>> = {
  NoClientCert: 'none',
  RequestClientCert: 'asked',
  RequireAnyClientCert: 'any',
  RequireClientCert: 'any',
  VerifyClientCertIfGiven: 'verified_if_given',
  RequireAndVerifyClientCert: 'verified',
};

const VERSIONS: Readonly<Record<TlsVersion, TlsSettings['minVersion']>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

const CURVES: Readonly<Record<Curve, string>> = {
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519: 'X25519',
};

/** The cipher suites of TLS 1.3 are always on, as in Go. */
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

function cipherList(suites: readonly CipherSuite[]): string {
  const older = suites.filter((suite) => !TLS13_SUITES.includes(suite)).map(openSslName);
  return [...TLS13_SUITES, ...older].join(':');
}

/** `ECDHE-RSA-AES128-GCM-SHA256` for `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`. */
function openSslName(suite: CipherSuite): string {
  return suite
    .replace('TLS_', '')
    .replace('_WITH', '')
    .replace('_CBC', '')
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('POLY1305_SHA256', 'POLY1305')
    .replaceAll('_', '-');
}
