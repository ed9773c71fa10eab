import type { InitReport } from '../bus/init.ts';
import type { StreamWishes } from '../bus/stream/streams.ts';
import type { Config } from '../config/schema.ts';
import { fleetNameOf } from '../core/fleet/fleet-name.ts';
import { errorText } from '../core/text.ts';
import { busClock } from './bus-link.ts';
import { HUB_USER, readBusAccess } from './bus-login.ts';
import type { Environment } from './environment.ts';
import type { CheckResult } from './requirements/requirement.ts';

const SUBJECT = 'bus';

type BusConfig = Pick<Config, 'bus' | 'fleet'>;

/** Makes the streams of the bus, or compares those that are there. */
export async function initBus(
  { bus }: BusConfig,
  { readFile }: Environment,
  wishes: Omit<StreamWishes, 'prefix'>,
): Promise<InitReport> {
  const reading = await readBusAccess(bus, 'operator', readFile);
  if (reading.kind === 'unusable') return { lines: [reading.problem], isComplete: false };
  const { initStreams } = await import('../bus/init.ts');
  try {
    return await initStreams(reading.access, { ...wishes, prefix: bus.prefix });
  } catch (error) {
    return { lines: [errorText(error)], isComplete: false };
  }
}

/** Tries what the key of a hub may do on the bus. */
export async function inspectHubBus({ bus }: BusConfig, environment: Environment): Promise<CheckResult[]> {
  const reading = await readBusAccess(bus, HUB_USER, environment.readFile);
  if (reading.kind === 'unusable') return [{ subject: SUBJECT, verdict: 'bad', message: reading.problem }];
  const { tryHub } = await import('../bus/hub-trial.ts');
  const results = await tryHub(reading.access, bus.prefix, busClock);
  return results.map((result) => ({ subject: SUBJECT, ...result }));
}

/** Tries what the key of this exporter may do on the bus. Without a bus there is nothing to say. */
export async function inspectBus({ bus, fleet }: BusConfig, environment: Environment): Promise<CheckResult[]> {
  if (bus.servers.length === 0) return [];
  const name = fleetNameOf(fleet.name, environment.hostname);
  const reading = await readBusAccess(bus, name, environment.readFile);
  if (reading.kind === 'unusable') return [{ subject: SUBJECT, verdict: 'bad', message: reading.problem }];
  const { tryBus } = await import('../bus/trial.ts');
  const results = await tryBus(reading.access, bus.prefix, name, busClock);
  return results.map((result) => ({ subject: SUBJECT, ...result }));
}
