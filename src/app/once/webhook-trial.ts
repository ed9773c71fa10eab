import { type Envelope, prepare } from '../../alert/delivery/delivery.ts';
import type { Receiver } from '../../alert/receiver/receiver.ts';
import { systemResolve } from '../../alert/request/address-guard.ts';
import { CONNECT } from '../../alert/request/connect.ts';
import { isSuccess, problemOf } from '../../alert/request/outcome.ts';
import { createPost } from '../../alert/request/post.ts';
import { type TrialType, trialMessage } from '../../alert/sample-event.ts';
import { newMessageId } from '../alerting.ts';
import type { Environment } from '../environment.ts';

/** The input of a trial. */
export interface WebhookTrial {
  readonly receiver: Receiver;
  readonly type: TrialType;
  readonly resolved: boolean;
}

/** The result of a trial. */
export interface TrialResult {
  readonly delivered: boolean;
  /** One line for a person, without a secret. */
  readonly message: string;
}

const URL_HINT = 'URL not shown: it is a secret';

/** Sends a receiver a test message about an invented server. */
export async function tryWebhook(trial: WebhookTrial, environment: Environment): Promise<TrialResult> {
  const reading = await prepareTrial(trial, environment);
  if (reading.kind === 'none') return { delivered: false, message: reading.problem };
  const post = createPost({ resolve: systemResolve, connect: CONNECT, variables: environment.variables });
  const { timeoutMs } = trial.receiver;
  const startedAt = performance.now();
  const outcome = await post({ ...reading.envelope, timeoutMs, signal: new AbortController().signal });
  const ms = Math.round(performance.now() - startedAt);
  const delivered = outcome.kind === 'answered' && isSuccess(outcome.status);
  return { delivered, message: delivered ? `delivered, ${outcome.status} in ${ms} ms` : (problemOf(outcome) ?? '') };
}

/** Shows the request that a trial would send, without its secrets. */
export async function showWebhook(trial: WebhookTrial, environment: Environment): Promise<TrialResult> {
  const reading = await prepareTrial(trial, environment);
  if (reading.kind === 'none') return { delivered: false, message: reading.problem };
  return { delivered: true, message: requestText(reading.envelope, trial.receiver) };
}

function prepareTrial({ receiver, type, resolved }: WebhookTrial, { hostname, version, readFile }: Environment) {
  const now = Date.now();
  const message = trialMessage({ type, resolved, host: hostname, now, id: newMessageId(), reason: 'test' });
  return prepare(message, { receiver, sender: { host: hostname, version, url: '' }, readFile, now });
}

function requestText({ url, headers, body }: Envelope, receiver: Receiver): string {
  const hidden = new Set([...Object.keys(receiver.headers), 'authorization', 'webhook-signature']);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${hidden.has(name) ? '(not shown)' : value}`);
  return [`POST ${url.protocol}//… (${URL_HINT})`, ...lines, '', bodyText(body, receiver)].join('\n');
}

/** The topic of ntfy is as good as a password. */
function bodyText(body: string, { format }: Receiver): string {
  const hide = (key: string, value: unknown) => (format === 'ntfy' && key === 'topic' ? '(not shown)' : value);
  return JSON.stringify(JSON.parse(body, hide), null, 2);
}
