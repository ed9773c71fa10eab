import type { IncomingMessage } from 'node:http';
import { shownUrl } from '../core/exporter-url.ts';
import { asObject, asText, parseObject } from '../core/json.ts';
import { type Access, createRequester, textOf } from '../follow/feed/requester.ts';
import { UsageError } from './usage-error.ts';

/** Thrown if the exporter answers with an error. */
export class ApiError extends Error {
  /** Such as `not_found`; null if the answer has none. */
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

/** Sends a request to the API of a running exporter: method, path below `/api/v1/`, body. Rejects with a message for people, if the exporter answers with an {@link ApiError}; with a {@link UsageError} if the exporter calls the request invalid. */
export type ApiClient = (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

const TIMEOUT_MS = 10_000;
const BAD_REQUEST = 400;

/** Creates the API client of one exporter. */
export function createApiClient(access: Access): ApiClient {
  const request = createRequester(access);
  const url = shownUrl(access.url);
  return async (method, path, body) => {
    const content = body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {};
    const parts = { method, ...content, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const response = await request(`api/v1/${path}`, parts).catch((error: unknown) => unreachable(url, error));
    const text = await textOf(response);
    const { statusCode = 0 } = response;
    if (statusCode < 200 || statusCode > 299) {
      const error = errorOf(text);
      const message = error.message ?? `${url} answered ${statusCode}`;
      throw statusCode === BAD_REQUEST ? new UsageError(message) : new ApiError(message, error.code);
    }
    return text === '' ? null : JSON.parse(text);
  };
}

function unreachable(url: string, error: unknown): Promise<IncomingMessage> {
  // Nothing was sent: a file of ours, such as that of the token, cannot be used.
  if (error instanceof Error && !('code' in error)) throw error;
  const cause = error instanceof Error ? error.message || ('code' in error ? error.code : error.name) : error;
  throw new Error(`no exporter answers at ${url} (${cause}): start one, or name another one with --url`);
}

function errorOf(text: string): { readonly code: string | null; readonly message: string | null } {
  const error = asObject(parseObject(text)?.['error']);
  return { code: asText(error?.['code']), message: asText(error?.['message']) };
}
