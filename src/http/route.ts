import type { Express, RequestHandler } from 'express';
import { sendFailure } from './api-failure.ts';

/** A method of a path. GET also answers HEAD. */
export type Method = 'get' | 'put' | 'post' | 'delete';

/** Binds the methods of a path, each to its handlers in order. Any other method is answered with 405 and `Allow`. */
export function route(app: Express, path: string, methods: Readonly<Partial<Record<Method, RequestHandler[]>>>): void {
  const bound = app.route(path);
  const bindings = Object.entries(methods) as [Method, RequestHandler[]][];
  for (const [method, handlers] of bindings) bound[method](...handlers);
  const allow = bindings.map(([method]) => (method === 'get' ? 'GET, HEAD' : method.toUpperCase())).join(', ');
  bound.all((request, response) => {
    response.set('Allow', allow);
    sendFailure(response, 'method_not_allowed', `expected ${allow}, found ${request.method}`);
  });
}
