import type { Alertmanager, Receiver } from '../../../src/alert/receiver/receiver.ts';

/** A receiver with the defaults of the configuration, except that notices do not wait for others. */
export function receiverOf(given: Partial<Receiver> = {}): Receiver {
  return {
    name: 'ops',
    url: 'http://127.0.0.1:9/hook',
    urlFile: null,
    format: 'native',
    template: null,
    escape: 'mentions',
    headers: {},
    bearerTokenFile: null,
    basicAuth: { username: null, passwordFile: null },
    proxyUrl: null,
    noProxy: '',
    proxyFromEnvironment: false,
    tlsConfig: { caFile: null, certFile: null, keyFile: null, serverName: null, insecureSkipVerify: false },
    secretFile: null,
    timeoutMs: 2_000,
    events: ['server-gone', 'server-gone-cause', 'server-unresponsive', 'server-unreachable', 'host-rebooted'],
    servers: [],
    minSeverity: 'info',
    sendResolved: true,
    group: { waitMs: 0, intervalMs: 0, max: 50 },
    repeatMs: 0,
    cooldownMs: 0,
    maxAgeMs: 86_400_000,
    ...given,
  };
}

/** An Alertmanager with the defaults of the configuration. */
export function alertmanagerOf(given: Partial<Alertmanager> = {}): Alertmanager {
  const {
    format,
    template,
    escape: _,
    secretFile,
    sendResolved,
    group,
    repeatMs,
    cooldownMs,
    maxAgeMs,
    ...shared
  } = receiverOf();
  return {
    ...shared,
    resendMs: 60_000,
    resolveAfterMs: 86_400_000,
    ...given,
  };
}
