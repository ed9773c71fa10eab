import type { Express, RequestHandler } from 'express';
import * as z from 'zod';
import { sendFailure } from './api-failure.ts';
import { problemText, readJson } from './json-body.ts';
import type { WebhooksPort } from './ports.ts';
import { route } from './route.ts';

const PATH = '/api/v1/webhooks';

/** The body of a replay: the id of a dead letter, or null for all. */
export const Replay = z.strictObject({ id: z.string().nullable() });

/** `GET /api/v1/webhooks`: the receivers; `GET …/dead`: messages that were given up; `POST …/replay` with `{id}`, or `{id: null}` for all: delivers them again. */
export function routeWebhooks(app: Express, webhooks: WebhooksPort): void {
  route(app, PATH, { get: [(_request, response) => void response.json({ receivers: webhooks.receivers() })] });
  route(app, `${PATH}/dead`, {
    get: [(_request, response) => void response.json({ messages: webhooks.deadLetters() })],
  });
  route(app, `${PATH}/replay`, { post: [readJson, postReplay(webhooks)] });
}

function postReplay(webhooks: WebhooksPort): RequestHandler {
  return (request, response) => {
    const body = Replay.safeParse(request.body, { reportInput: true });
    if (!body.success) return sendFailure(response, 'invalid_body', body.error.issues.map(problemText).join('; '));
    const { id } = body.data;
    const replayed = webhooks.replay(id);
    if (id !== null && replayed === 0) {
      return sendFailure(response, 'unknown_message', `no dead letter has the id ${JSON.stringify(id)}`);
    }
    response.json({ replayed });
  };
}
