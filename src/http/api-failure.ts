import type { Response } from 'express';
import type { DeregistrationResult, RefusalCode } from '../core/record/registration.ts';

/** The codes with which the registry refuses. */
export type RegistryCode = RefusalCode | Extract<DeregistrationResult, { kind: 'refused' }>['code'];

type HttpCode =
  | 'bad_request'
  | 'invalid_parameter'
  | 'no_local'
  | 'no_fleet'
  | 'invalid_json'
  | 'invalid_body'
  | 'unauthorized'
  | 'forbidden'
  | 'foreign_host'
  | 'foreign_origin'
  | 'not_enabled'
  | 'not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'too_many_requests'
  | 'internal'
  | 'reload_failed'
  | 'not_ready'
  | 'not_stored'
  | 'busy'
  | 'unknown_message'
  | 'unknown_host'
  | 'bus_failed';

/** The code of an error response. */
export type FailureCode = RegistryCode | HttpCode;

/** The status of every code: the one place that knows it. */
export const STATUS = {
  bad_request: 400,
  invalid_parameter: 400,
  no_local: 400,
  no_fleet: 400,
  invalid_json: 400,
  invalid_body: 400,
  invalid_name: 400,
  unauthorized: 401,
  forbidden: 403,
  foreign_host: 403,
  foreign_origin: 403,
  not_enabled: 403,
  not_found: 404,
  unknown_server: 404,
  unknown_message: 404,
  unknown_host: 404,
  method_not_allowed: 405,
  name_taken: 409,
  socket_taken: 409,
  ignored: 409,
  limit: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  internal: 500,
  reload_failed: 500,
  bus_failed: 502,
  not_ready: 503,
  not_stored: 503,
  busy: 503,
} as const satisfies Readonly<Record<FailureCode, number>>;

/** All codes. */
export const FAILURE_CODES = Object.keys(STATUS) as FailureCode[];

/** Answers with `{error: {code, message}}` and the status of the code. */
export function sendFailure(response: Response, code: FailureCode, message: string): void {
  response.status(STATUS[code]).json({ error: { code, message } });
}
