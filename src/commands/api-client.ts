import { UsageError } from './usage-error.ts';

/** Asks the API of a running exporter: method, path below `/api/v1/`, body. Rejects with a line for a person, a {@link UsageError} if the exporter does not understand the request. */
export type ApiClient = (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

const TIMEOUT_MS = 10_000;
const BAD_REQUEST = 400;

/** Creates a client of the exporter that listens at `url`, which may have a path: a proxy's prefix. */
export function createApiClient(url: string): ApiClient {
  const base = url.endsWith('/') ? url : `${url}/`;
  return async (method, path, body) => {
    const response = await request(new URL(`api/v1/${path}`, base), method, body);
    const text = await response.text();
    if (!response.ok) {
      const message = messageOf(text) ?? `${url} answered ${response.status}`;
      throw response.status === BAD_REQUEST ? new UsageError(message) : new Error(message);
    }
    return text === '' ? null : JSON.parse(text);
  };
}

async function request(url: URL, method: string, body: object | undefined): Promise<Response> {
  const content = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  try {
    return await fetch(url, { method, ...content, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`no exporter answers at ${url.origin} (${cause}): start one, or name another with --url`);
  }
}

function messageOf(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? error.message : null;
  } catch {
    return null;
  }
}
