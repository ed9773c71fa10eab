import { stat } from 'node:fs/promises';
import { readAccess } from '../../alert/delivery/credentials.ts';
import { prepare } from '../../alert/delivery/delivery.ts';
import { trialMessage } from '../../alert/sample-event.ts';
import { secretFileCure } from '../../core/death/cure.ts';
import type { AlertingConfig } from '../alerting.ts';
import type { Environment } from '../environment.ts';
import type { CheckResult } from './requirement.ts';

/** Checks the URLs, secrets and templates of all receivers and Alertmanagers. Nothing is sent. `file` is the configuration file; null for none. */
export async function inspectReceivers(
  { webhooks, alertmanagers }: AlertingConfig,
  file: string | null,
  { hostname: host, version, readFile }: Environment,
): Promise<CheckResult[]> {
  const now = Date.now();
  const trial = trialMessage({ type: 'server-gone', resolved: false, host, now, id: 'msg_trial', reason: 'test' });
  const hooks = webhooks.map(async (receiver) => {
    const reading = await prepare(trial, { receiver, sender: { host, version, url: '' }, readFile, now });
    return resultOf(`web hook ${receiver.name}`, reading.kind === 'none' ? reading.problem : null);
  });
  const managers = alertmanagers.map(async (alertmanager) => {
    const reading = await readAccess(alertmanager, readFile);
    return resultOf(`Alertmanager ${alertmanager.name}`, reading.kind === 'none' ? reading.problem : null);
  });
  const holdsUrl = [...webhooks, ...alertmanagers].some(({ url }) => url !== null);
  return [...(await Promise.all([...hooks, ...managers])), ...(holdsUrl ? await inspectFile(file) : [])];
}

function resultOf(subject: string, problem: string | null): CheckResult {
  return { verdict: problem === null ? 'fine' : 'bad', subject, message: problem ?? 'can be used' };
}

/** Anyone with the URL of a web hook can post to it. */
async function inspectFile(file: string | null): Promise<CheckResult[]> {
  if (file === null || ((await stat(file)).mode & 0o007) === 0) return [];
  const message = `${file} holds URLs and everybody can read it`;
  const cure = `put each URL into a url_file, or ${secretFileCure(file).text}`;
  return [{ verdict: 'note', subject: 'secrets', message, cure }];
}
