import { stat } from 'node:fs/promises';
import { readAccess } from '../../alert/delivery/credentials.ts';
import { prepare } from '../../alert/delivery/delivery.ts';
import { canPass } from '../../alert/receiver/interest.ts';
import type { Endpoint, EventFilter } from '../../alert/receiver/receiver.ts';
import { type Resolve, systemResolve } from '../../alert/request/address-guard.ts';
import { clearRoute } from '../../alert/request/clearance.ts';
import { failureText } from '../../alert/request/failure.ts';
import { type ProxySettings, routeTo } from '../../alert/request/proxy.ts';
import { trialMessage } from '../../alert/sample-event.ts';
import { secretFileCure } from '../../core/death/cure.ts';
import type { AlertingConfig } from '../alerting.ts';
import type { Environment } from '../environment.ts';
import type { CheckResult } from './requirement.ts';

/** How long the name of a host may take to be resolved, in milliseconds. */
const RESOLVE_MS = 3_000;

/** Checks the URLs, secrets, templates and addresses of all receivers and Alertmanagers. Nothing is sent. `file` is the configuration file; null for none. */
export async function inspectReceivers(
  { webhooks, alertmanagers }: AlertingConfig,
  file: string | null,
  environment: Pick<Environment, 'hostname' | 'version' | 'readFile' | 'variables'>,
  resolve = systemResolve,
): Promise<CheckResult[]> {
  const { hostname: host, version, readFile } = environment;
  const now = Date.now();
  const trial = trialMessage({ type: 'server-gone', resolved: false, host, now, id: 'msg_trial', reason: 'test' });
  const hooks = webhooks.map(async (receiver) => {
    const reading = await prepare(trial, { receiver, sender: { host, version, url: '' }, readFile, now });
    const target = reading.kind === 'envelope' ? reading.envelope : reading;
    return resultsOf(`web hook ${receiver.name}`, receiver, target, { environment, resolve });
  });
  const managers = alertmanagers.map(async (alertmanager) => {
    const reading = await readAccess(alertmanager, readFile);
    const target = reading.kind === 'access' ? reading.access : reading;
    return resultsOf(`Alertmanager ${alertmanager.name}`, alertmanager, target, { environment, resolve });
  });
  const holdsUrl = [...webhooks, ...alertmanagers].some(({ url }) => url !== null);
  return [...(await Promise.all([...hooks, ...managers])).flat(), ...(holdsUrl ? await inspectFile(file) : [])];
}

/** Where a message would go, or why it cannot be sent. */
type Target =
  | { readonly url: URL; readonly proxy: ProxySettings }
  | { readonly kind: 'none'; readonly problem: string };

interface Surroundings {
  readonly environment: Pick<Environment, 'variables'>;
  readonly resolve: Resolve;
}

async function resultsOf(
  subject: string,
  receiver: Endpoint & EventFilter,
  target: Target,
  surroundings: Surroundings,
): Promise<CheckResult[]> {
  const result = 'problem' in target ? bad(target.problem) : await inspectWay(target, surroundings);
  const notes = [
    ...(canPass(receiver) ? [] : [silent(receiver)]),
    ...(receiver.tlsConfig.insecureSkipVerify ? [UNVERIFIED] : []),
  ];
  return [result, ...notes].map((finding) => ({ ...finding, subject }));
}

type Finding = Omit<CheckResult, 'subject'>;

const UNVERIFIED: Finding = {
  verdict: 'note',
  message: 'its certificate is not verified, so everybody on the way can read and change the messages',
  cure: 'remove insecure_skip_verify, and name its authority in tls_config.ca_file if Node does not know it',
};

function silent({ minSeverity }: EventFilter): Finding {
  return {
    verdict: 'note',
    message: `none of its events is ever of severity ${minSeverity} or worse, so it is never sent anything`,
    cure: 'lower min_severity, or add types to events',
  };
}

function bad(message: string): Finding {
  return { verdict: 'bad', message };
}

/** Says what delivery would: whether the address is refused. A name without an address may have one later. */
async function inspectWay(
  { url, proxy }: Extract<Target, { url: URL }>,
  { environment, resolve }: Surroundings,
): Promise<Finding> {
  const route = routeTo(url, proxy, environment.variables);
  if (route.kind === 'unusable') return bad(route.problem);
  const late = AbortSignal.timeout(RESOLVE_MS);
  try {
    const clearance = await Promise.race([clearRoute(url, route, resolve), rejectionOf(late)]);
    return clearance.kind === 'refused' ? bad(clearance.problem) : { verdict: 'fine', message: 'can be used' };
  } catch (error) {
    const problem = late.aborted ? 'the name of its host cannot be resolved at the moment' : failureText(error, route);
    return { verdict: 'note', message: problem, cure: 'check its URL, and the DNS of this machine' };
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Anyone with the URL of a web hook can post to it. */
async function inspectFile(file: string | null): Promise<CheckResult[]> {
  if (file === null || ((await stat(file)).mode & 0o007) === 0) return [];
  const message = `${file} holds URLs and everybody can read it`;
  const cure = `put each URL into a url_file, or ${secretFileCure(file).text}`;
  return [{ verdict: 'note', subject: 'secrets', message, cure }];
}
