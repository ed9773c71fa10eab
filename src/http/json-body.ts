import type { Request, RequestHandler } from 'express';
import type * as z from 'zod';
import { errorText, printable, shorten } from '../core/text.ts';
import { type FailureCode, sendFailure } from './api-failure.ts';

const LONGEST_VALUE = 120;

/** Reads a JSON body of at most 16 KiB. */
export const readJson: RequestHandler = readJsonUpTo(16_384);

/** Reads a JSON body in UTF-8 of at most `mostBytes`; no body is undefined. Any other `Content-Type` is answered with 415: a web page can send it without permission. A larger body is answered with 413 as soon as that is known. */
export function readJsonUpTo(mostBytes: number): RequestHandler {
  return async (request, response, next) => {
    const problem = typeProblem(request);
    if (problem !== null) return sendFailure(response, 'unsupported_media_type', problem);
    const reading = await readBody(request, mostBytes);
    if (reading.kind === 'read') {
      request.body = reading.value;
      next();
    } else if (reading.kind === 'refused') {
      sendFailure(response, reading.code, reading.message);
    }
  };
}

type BodyReading =
  | { readonly kind: 'read'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly code: FailureCode; readonly message: string }
  /** The client left before the end. */
  | { readonly kind: 'aborted' };

async function readBody(request: Request, mostBytes: number): Promise<BodyReading> {
  const tooLarge = {
    kind: 'refused',
    code: 'body_too_large',
    message: `body: expected at most ${mostBytes} bytes`,
  } as const;
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Node would destroy the connection with the iterator, before the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > mostBytes) return tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    if (request.destroyed) return { kind: 'aborted' };
    throw error;
  }
  return parseJson(Buffer.concat(chunks).toString('utf8'));
}

function parseJson(text: string): BodyReading {
  try {
    return { kind: 'read', value: text === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    const found = errorText(error);
    const message = `body: expected JSON, found something else: ${found}`;
    return { kind: 'refused', code: 'invalid_json', message };
  }
}

function typeProblem({ headers }: Request): string | null {
  const type = headers['content-type'];
  if (mediaTypeOf(type) !== 'application/json') {
    return `Content-Type: expected application/json, found ${type === undefined ? 'none' : JSON.stringify(type)}`;
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() === 'identity') return null;
  return `Content-Encoding: expected none, found ${JSON.stringify(encoding)}`;
}

/** A problem of a body in words: its place, what was expected, and what was found. */
export function problemText({ path, ...issue }: z.core.$ZodIssue): string {
  const place = ['body', ...path].join('.');
  if (issue.code === 'unrecognized_keys') return `${place}: expected no further keys, found ${issue.keys.join(', ')}`;
  const expected = issue.code === 'invalid_type' ? issue.expected : issue.message;
  return `${place}: expected ${expected}, found ${foundText(issue.input)}`;
}

function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null
    ? 'an object'
    : shorten(printable(JSON.stringify(value)), LONGEST_VALUE);
}

function mediaTypeOf(contentType = ''): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
