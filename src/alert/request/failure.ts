import { errorCode } from './error-code.ts';
import type { UsableRoute } from './proxy.ts';
import { ProxyAnswer } from './tunnel.ts';

/** No answer came in time. */
export class Late extends Error {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super('late');
    this.timeoutMs = timeoutMs;
  }
}

/** Errors of a host that may not have been reached at all. */
const UNREACHED = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['ENOTFOUND', 'the name of its host is not known'],
  ['EAI_AGAIN', 'the name of its host cannot be resolved at the moment'],
  ['EHOSTUNREACH', 'its host cannot be reached'],
  ['ENETUNREACH', 'its network cannot be reached'],
  ['ETIMEDOUT', 'the connection timed out'],
]);

const PROBLEMS = new Map([
  ...UNREACHED,
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['EPROTO', 'no TLS connection could be made with it: is https right in its URL, and the port? (EPROTO)'],
  ['HPE_HEADER_OVERFLOW', 'the headers of its answer are too large (HPE_HEADER_OVERFLOW)'],
]);

const NO_HTTP = 'its answer is not HTTP: are the scheme and the port of its URL right?';

/** Says why a request was not answered, and what a proxy has to do with it. */
export function failureText(error: unknown, route: UsableRoute): string {
  if (route.kind === 'proxy') {
    if (error instanceof ProxyAnswer) return `the proxy of ${route.name} answered ${error.status}${hintOf(error)}`;
    return `${errorText(error)}; it is reached through the proxy of ${route.name}`;
  }
  if (route.unused === null || !isUnreached(error)) return errorText(error);
  return `${errorText(error)}; the proxy of ${route.unused} is not used: set proxy_from_environment if only a proxy leads there`;
}

function hintOf({ status }: ProxyAnswer): string {
  return status === 407 ? ': it needs a user name and a password in its URL' : '';
}

/** By the code of the error alone: its message contains hosts and addresses. */
function errorText(error: unknown): string {
  if (error instanceof Late) return `no answer within ${error.timeoutMs} ms`;
  const code = errorCode(error);
  if (!/^[A-Z0-9_]{1,48}$/.test(code)) return 'the request failed';
  const isCertificate = /CERT|SIGNATURE|ISSUER/.test(code);
  const known = PROBLEMS.get(code);
  if (known !== undefined) return known;
  if (isCertificate) return `its certificate is not trusted (${code})`;
  // The codes of the parser of Node.
  return code.startsWith('HPE_') ? `${NO_HTTP} (${code})` : `the request failed (${code})`;
}

function isUnreached(error: unknown): boolean {
  return error instanceof Late || UNREACHED.has(errorCode(error));
}
