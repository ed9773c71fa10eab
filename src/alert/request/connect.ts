import type { ClientRequest } from 'node:http';
import type { RequestOptions } from 'node:https';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
/** An import would bring all names of node:http, and with some of them the whole of undici: 6 MB, and a tenth of a second at each start. */
const { request } = require('node:http') as typeof import('node:http');

/** Begins a request over HTTP, or over HTTP with TLS. */
export interface Connect {
  readonly http: (options: RequestOptions) => ClientRequest;
  readonly https: (options: RequestOptions) => ClientRequest;
}

/** Connects over the machine's own network. TLS is loaded with the first request that needs it: it takes 1.3 MB. */
export const CONNECT: Connect = {
  http: request,
  https: (options) => (require('node:https') as typeof import('node:https')).request(options),
};
