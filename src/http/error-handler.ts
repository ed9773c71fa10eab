import type { ErrorRequestHandler } from 'express';
import { type FailureCode, sendFailure } from './failure.ts';

/** The last handler: tells a client what was wrong with its request, and of an error of ours only that there was one. */
export function handleErrors(onError: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const code = codeOf(error);
    if (code === 'internal') onError(error);
    if (response.headersSent) next(error);
    else sendFailure(response, code, messageOf(code, error));
  };
}

/** Errors of the body parser and the router carry a status, and some a type. */
function codeOf(error: unknown): FailureCode {
  if (!(error instanceof Error) || !('status' in error)) return 'internal';
  if ('type' in error && error.type === 'entity.parse.failed') return 'invalid_json';
  switch (error.status) {
    case 400:
      return 'bad_request';
    case 413:
      return 'body_too_large';
    case 415:
      return 'unsupported_media_type';
    default:
      return 'internal';
  }
}

function messageOf(code: FailureCode, error: unknown): string {
  if (code === 'internal' || !(error instanceof Error))
    return 'an unexpected error, which the log of the exporter tells';
  return code === 'invalid_json' ? `body: expected JSON, found something else: ${error.message}` : error.message;
}
