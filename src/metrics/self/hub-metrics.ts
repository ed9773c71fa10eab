import { Counter, type Registry } from 'prom-client';
import { EVENT_TYPES, type EventType } from '../../core/event/event.ts';
import {
  type Fleet,
  type FleetHost,
  HOST_STATES,
  REJECTION_REASONS,
  REOPEN_REASONS,
  type RejectionReason,
  type ReopenReason,
} from '../../core/fleet/fleet.ts';
import { type LabelledCounter, registerCounter } from './instrument.ts';
import { type Reading, registerReadGauge } from './read-gauge.ts';

/** The part of a fleet that is exposed. */
export type ExposedFleet = Pick<Fleet, 'source' | 'hosts'>;

/** Counts what a hub reads from the bus. Without a hub there are no metrics of it. */
export interface HubMetrics {
  /** Begins to expose the metrics. `fleet` is called at each scrape, and gives null while nothing can be read. */
  follow(fleet: () => ExposedFleet | null): void;
  /** An event came into the log. */
  read(type: EventType): void;
  /** A message was not taken. */
  rejected(reason: RejectionReason): void;
  /** An event that is in the log already came again. */
  duplicate(): void;
  /** The log is read through a new consumer. */
  reopened(reason: ReopenReason): void;
}

interface Instruments {
  readonly events: LabelledCounter;
  readonly rejected: LabelledCounter;
  readonly duplicates: Counter;
  readonly reopened: LabelledCounter;
}

/** Prepares the metrics of a hub. */
export function registerHubMetrics(registry: Registry): HubMetrics {
  let instruments: Instruments | null = null;
  let fleetNow: () => ExposedFleet | null = () => null;
  return {
    follow: (fleet) => {
      fleetNow = fleet;
      instruments ??= createInstruments(registry, () => fleetNow());
    },
    read: (type) => instruments?.events.add(type),
    rejected: (reason) => instruments?.rejected.add(reason),
    duplicate: () => instruments?.duplicates.inc(),
    reopened: (reason) => instruments?.reopened.add(reason),
  };
}

function createInstruments(registry: Registry, fleet: () => ExposedFleet | null): Instruments {
  createGauges(registry, fleet);
  const events = registerCounter(registry, {
    name: 'tmux_fleet_events_total',
    help: 'Events of the fleet that came from the bus since it was first read.',
    label: 'type',
    values: EVENT_TYPES,
  });
  const rejected = registerCounter(registry, {
    name: 'tmux_fleet_rejected_total',
    help: 'Messages of the bus that were not taken, or not completely, because they were damaged or forged.',
    label: 'reason',
    values: REJECTION_REASONS,
  });
  const duplicates = new Counter({
    name: 'tmux_fleet_duplicates_total',
    help: 'Events that came from the bus once more and were dropped.',
    registers: [registry],
  });
  const reopened = registerCounter(registry, {
    name: 'tmux_fleet_reopened_total',
    help: 'How often the log of the fleet had to be opened again.',
    label: 'reason',
    values: REOPEN_REASONS,
  });
  return { events, rejected, duplicates, reopened };
}

/** Registers everything that is read at a scrape. What is not known has no sample. */
function createGauges(registry: Registry, fleet: () => ExposedFleet | null): void {
  /** No host is known before the bus was read once: 0 would be wrong. */
  const whenRead = () => {
    const now = fleet();
    return now?.source.hasRead ? now : null;
  };
  registerReadGauge({
    registry,
    name: 'tmux_fleet_hosts',
    help: 'Hosts of the fleet, by state.',
    labelNames: ['state'],
    read: () => countsOf(whenRead()),
  });
  registerReadGauge({
    registry,
    name: 'tmux_fleet_host_last_seen_timestamp_seconds',
    help: 'Unix time, by the clock of the bus, of the last report of the host. A host is an exporter, by its name in the fleet.',
    labelNames: ['host', 'state'],
    read: () => ofHosts(whenRead(), ({ name, state, lastSeen }) => reading({ host: name, state }, lastSeen / 1_000)),
  });
  registerReadGauge({
    registry,
    name: 'tmux_fleet_host_behind_events',
    help: 'Events that the host has emitted and that are not in the log of the fleet yet, as far as known.',
    labelNames: ['host'],
    read: () => ofHosts(whenRead(), ({ name, behind }) => reading({ host: name }, behind)),
  });
  registerReadGauge({
    registry,
    name: 'tmux_fleet_source_up',
    help: 'Whether events and reports come in from the bus: 1 or 0.',
    labelNames: [],
    read: () => [reading({}, Number(fleet()?.source.isUp ?? false))],
  });
  registerReadGauge({
    registry,
    name: 'tmux_fleet_source_lag_seconds',
    help: 'How much older the newest event that was read is than the newest one on the bus; 0 if all was read.',
    labelNames: [],
    read: () => lagOf(whenRead()),
  });
}

function lagOf(fleet: ExposedFleet | null): Reading<never>[] {
  return fleet ? [reading({}, fleet.source.lagSeconds)] : [];
}

function reading<Label extends string>(labels: Readonly<Record<Label, string>>, value: number): Reading<Label> {
  return { labels, value };
}

function countsOf(fleet: ExposedFleet | null): Reading<'state'>[] {
  if (!fleet) return [];
  const hosts = fleet.hosts();
  return HOST_STATES.map((state) => reading({ state }, hosts.filter((host) => host.state === state).length));
}

function ofHosts<Label extends string>(
  fleet: ExposedFleet | null,
  read: (host: FleetHost) => Reading<Label>,
): Reading<Label>[] {
  return (fleet?.hosts() ?? []).map(read);
}
