import type { ErrorRequestHandler } from 'express';
import { type FailureCode, sendFailure } from './api-failure.ts';

/** The last handler: reports to a client what was wrong with its request, or only that the exporter failed. */
export function handleErrors(onError: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    const code = codeOf(error);
    if (code === 'internal') onError(error);
    if (response.headersSent) next(error);
    else sendFailure(response, code, messageOf(code, error));
  };
}

/** Errors of the router carry a status. */
function codeOf(error: unknown): FailureCode {
  return error instanceof Error && 'status' in error && error.status === 400 ? 'bad_request' : 'internal';
}

function messageOf(code: FailureCode, error: unknown): string {
  if (code === 'internal' || !(error instanceof Error))
    return 'an unexpected error, which is in the log of the exporter';
  return error.message;
}
