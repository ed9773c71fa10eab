import express, { type RequestHandler } from 'express';
import type { z } from 'zod';
import { sendFailure } from './failure.ts';

/** Reads a JSON body of at most 16 KiB. */
export const readJson: RequestHandler = readJsonUpTo(16_384);

/** Reads a JSON body of at most so many bytes. Any other `Content-Type` is answered with 415: a web page can send it without being asked for it. */
export function readJsonUpTo(mostBytes: number): RequestHandler {
  const parseJson = express.json({ limit: mostBytes, strict: false });
  return (request, response, next) => {
    const found = request.headers['content-type'];
    if (mediaTypeOf(found) === 'application/json') return parseJson(request, response, next);
    const message = `Content-Type: expected application/json, found ${found === undefined ? 'none' : JSON.stringify(found)}`;
    sendFailure(response, 'unsupported_media_type', message);
  };
}

/** What is wrong with a body: where, what was expected there, and what was found. */
export function problemText({ path, ...issue }: z.core.$ZodIssue): string {
  const place = ['body', ...path].join('.');
  if (issue.code === 'unrecognized_keys') return `${place}: expected no further keys, found ${issue.keys.join(', ')}`;
  const expected = issue.code === 'invalid_type' ? issue.expected : issue.message;
  return `${place}: expected ${expected}, found ${foundText(issue.input)}`;
}

function foundText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value);
}

function mediaTypeOf(contentType = ''): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}
