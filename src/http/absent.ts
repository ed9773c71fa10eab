import type { Express } from 'express';
import { sendFailure } from './api-failure.ts';

/** Answers a path, and all below it, with 404 and why this kind of daemon does not have it. */
export function absent(app: Express, path: string, message: string): void {
  app.use(path, (_request, response) => sendFailure(response, 'not_found', message));
}
