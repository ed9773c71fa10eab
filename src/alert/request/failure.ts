import { errorCode } from './error-code.ts';

/** Says that no answer came in time. */
export function timeoutText(timeoutMs: number): string {
  return `no answer within ${timeoutMs} ms`;
}

const PROBLEMS = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was cut'],
  ['EPIPE', 'the connection was cut'],
  ['ENOTFOUND', 'the name of its host is not known'],
  ['EAI_AGAIN', 'the name of its host cannot be resolved at the moment'],
  ['EHOSTUNREACH', 'its host cannot be reached'],
  ['ENETUNREACH', 'its network cannot be reached'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
]);

/** Says what went wrong, by the code of an error alone: the messages of errors contain hosts and addresses. */
export function failureText(error: unknown): string {
  const code = errorCode(error);
  if (!/^[A-Z0-9_]{1,48}$/.test(code)) return 'the request failed';
  const isCertificate = /CERT|SIGNATURE|ISSUER/.test(code);
  return (
    PROBLEMS.get(code) ?? (isCertificate ? `its certificate is not trusted (${code})` : `the request failed (${code})`)
  );
}

/** Whether an error means that the host was not reached, as it is if only a proxy leads to it. */
export function isUnreached(error: unknown): boolean {
  return /^(?:E[A-Z]+|E[A-Z]+_AGAIN)$/.test(errorCode(error));
}
