import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import * as z from 'zod';
import { isLoopbackAddress } from '../core/loopback.ts';
import { isShowable } from '../core/text.ts';
import { sendFailure } from './api-failure.ts';
import { problemText, readJsonUpTo } from './json-body.ts';
import type { HttpPorts } from './ports.ts';

const MOST_BYTES = 1_048_576;
const MOST_ALERTS = 1_000;
const MOST_LABELS = 128;

const Time = z.string().refine((text) => isShowable(Date.parse(text)), 'a time in RFC 3339');
const Pairs = z
  .record(z.string(), z.string())
  .refine((pairs) => Object.keys(pairs).length <= MOST_LABELS, `at most ${MOST_LABELS} entries`);

/** The part of an alert that we read. Other keys are ignored: newer versions send more. */
const Alert = z.object({
  status: z.enum(['firing', 'resolved'], 'firing or resolved'),
  labels: Pairs,
  annotations: Pairs.nullish().transform((pairs) => pairs ?? {}),
  startsAt: Time,
  endsAt: Time.default('0001-01-01T00:00:00Z'),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{0,64}$/, 'at most 64 hexadecimal digits')
    .default(''),
});

/** The body of a web hook of Alertmanager or Grafana. */
export const Notification = z.object({
  /** Alertmanager sends 4. Grafana sends the same payload, with more in it, as 1. */
  version: z.enum(['4', '1'], '"4" or "1", the versions of the web hooks of Alertmanager and Grafana'),
  alerts: z.array(Alert).max(MOST_ALERTS, `at most ${MOST_ALERTS} alerts (max_alerts in the receiver)`),
});

/**
 * `POST /api/v1/alerts`: takes the web hook of an Alertmanager (version 4) or of Grafana (version 1), at most 1 MiB and 1000 alerts, and answers
 * `{told, duplicates}`. 200 once all of it is stored; 503 while the store cannot be written: an Alertmanager tries again. 400 and
 * 413 for a body that cannot be used: it does not try again. 403 if receiving alerts is not enabled.
 */
export function postAlerts(receive: HttpPorts['receiveAlerts']): RequestHandler[] {
  if (!receive) return [refuse];
  const handle: RequestHandler = (request, response) => {
    const body = Notification.safeParse(request.body, { reportInput: true });
    if (!body.success) {
      return sendFailure(response, 'invalid_body', body.error.issues.slice(0, 10).map(problemText).join('; '));
    }
    const reception = receive(body.data.alerts, isFromHere(request));
    if (reception.kind === 'stored') {
      response.json({ told: reception.told, duplicates: reception.duplicates });
    } else {
      sendFailure(response, 'not_stored', 'the store cannot be written at the moment: send it again');
    }
  };
  return [readJsonUpTo(MOST_BYTES), handle];
}

/** Whether a request came from this machine. A proxy on it passes on the requests of others. */
function isFromHere({ socket, headers }: IncomingMessage): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined) return false;
  const { remoteAddress, localAddress } = socket;
  // A unix socket has no address.
  return remoteAddress === undefined || remoteAddress === localAddress || isLoopbackAddress(remoteAddress);
}

const refuse: RequestHandler = (_request, response) => {
  const cure = 'set alerts.receive in the configuration, or start the exporter with --alerts.receive';
  sendFailure(response, 'not_enabled', `receiving alerts is not enabled: ${cure}`);
};
