import { type Command, InvalidArgumentError, Option } from 'commander';
import { EVENT_TYPES, type EventType, SEVERITIES, type Severity } from '../core/event/event.ts';
import { isServerPattern, MOST_PATTERNS, PATTERN_RULE } from '../core/event/selector.ts';
import { FEED_SCOPES, type FeedScope } from '../core/fleet/feed-scope.ts';
import { FLEET_PATTERN_RULE, isFleetPattern } from '../core/fleet/fleet-name.ts';
import { printable, shorten } from '../core/text.ts';
import type { Wanted } from '../follow/feed/feed-client.ts';
import type { FollowedEvent } from '../follow/feed/feed-event.ts';
import { type AccessOptions, addAccessOptions } from './access-options.ts';
import { readExporters } from './exporters.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The options of every command that follows feeds: which feeds, and which of their events. */
export interface FeedOptions {
  /** At least one. */
  readonly exporters: readonly AccessOptions[];
  /** The flags by which another command in the same environment reaches the same exporters. */
  readonly exporterFlags: readonly string[];
  /** Null for the feed that each exporter gives without being asked. */
  readonly scope: FeedScope | null;
  /** Names and patterns of exporters of a fleet; empty for all. */
  readonly host: readonly string[];
  readonly server: readonly string[];
  readonly type: readonly EventType[];
  readonly severity: Severity;
}

/** Adds the options of every command that follows a feed. */
export function addFeedOptions(command: Command, severity: Severity): Command {
  return addAccessOptions(command, 'several')
    .addOption(
      new Option('--scope <scope>', 'the feed of a whole fleet, or of one exporter; a hub gives its fleet').choices(
        FEED_SCOPES,
      ),
    )
    .option(
      '--host <name>',
      'only events of this exporter of a fleet; * matches any characters (repeatable; implies --scope fleet)',
      collect,
    )
    .option('--server <name>', 'only events of this server; * matches any characters (repeatable)', collect)
    .option('--type <type>', 'only events of this type, such as server-gone (repeatable)', collect)
    .addOption(
      new Option('--severity <minimum>', 'only events of at least this severity').choices(SEVERITIES).default(severity),
    );
}

/** Reads these options. Rejects with a {@link UsageError} for values that the exporter would refuse. */
export async function readFeedOptions(command: Command, terminal: Terminal): Promise<FeedOptions> {
  const { scope = null, host = [], server = [], type = [], severity } = command.opts<GivenOptions>();
  refuseMany('--host', host);
  refuseMany('--server', server);
  if (scope === 'local' && host.length > 0) throw new UsageError('--host: expected --scope fleet, found --scope local');
  const { exporters, flags } = await readExporters(command, terminal);
  return {
    exporters,
    exporterFlags: flags,
    // An exporter without a fleet ignores names, and would send everything.
    scope: host.length > 0 ? 'fleet' : scope,
    host: host.map(readHost),
    server: server.map(readServer),
    type: type.map(readType),
    severity,
  };
}

interface GivenOptions {
  readonly scope?: FeedScope;
  readonly host?: readonly string[];
  readonly server?: readonly string[];
  readonly type?: readonly string[];
  readonly severity: Severity;
}

/** Types that are always requested of an exporter: after an interruption we must know which servers were alive. */
const LIFE_TYPES: readonly EventType[] = ['server-up', 'server-gone', 'server-unregistered'];

/** The events to request from the feed. */
export function wantedBy({ scope, host, server, type }: FeedOptions): Wanted {
  const lifeTypes = scope === 'fleet' ? [] : LIFE_TYPES;
  const types = type.length === 0 ? [] : [...new Set([...type, ...lifeTypes])];
  return { scope, hosts: host, servers: server, types };
}

/** Returns whether the options ask for an event. */
export function isWantedBy({ type, severity }: FeedOptions): (event: FollowedEvent) => boolean {
  const least = SEVERITIES.indexOf(severity);
  return (event) =>
    SEVERITIES.indexOf(event.severity) >= least && (type.length === 0 || type.some((wanted) => wanted === event.type));
}

/** Creates a parser of an option's value. Its error for an invalid value says what was expected. */
export function parser<T>(read: (text: string) => T | null, expected: string): (text: string) => T {
  return (text) => {
    const value = read(text);
    if (value === null) throw new InvalidArgumentError(`Expected ${expected}.`);
    return value;
  };
}

function refuseMany(option: string, patterns: readonly string[]): void {
  if (patterns.length > MOST_PATTERNS)
    throw new UsageError(`${option}: expected at most ${MOST_PATTERNS}, found ${patterns.length}`);
}

function readHost(text: string): string {
  if (isFleetPattern(text)) return text;
  throw unexpected('--host', FLEET_PATTERN_RULE, text);
}

function readServer(text: string): string {
  if (isServerPattern(text)) return text;
  throw unexpected('--server', PATTERN_RULE, text);
}

function readType(text: string): EventType {
  const type = EVENT_TYPES.find((candidate) => candidate === text);
  if (type === undefined) throw unexpected('--type', `one of ${EVENT_TYPES.join(', ')}`, text);
  return type;
}

function unexpected(option: string, expected: string, found: string): UsageError {
  return new UsageError(`${option}: expected ${expected}, found ${JSON.stringify(shorten(printable(found), 80))}`);
}

/** The flags that select the same feeds and events, besides those of access. */
export function feedFlags({ scope, host, server, type, severity }: FeedOptions): string[] {
  return [
    ...(scope === null ? [] : [`--scope=${scope}`]),
    ...host.map((name) => `--host=${name}`),
    ...server.map((name) => `--server=${name}`),
    ...type.map((name) => `--type=${name}`),
    `--severity=${severity}`,
  ];
}

/** What distinguishes the events of these options from those of others, beside the exporters. */
export function feedKind({ scope, host, server, type, severity }: FeedOptions): readonly unknown[] {
  // Without the options of fleets, it is what it was before there were any: the saved states have names made of it.
  return [...(scope === null ? [] : [scope, host]), server, type, severity];
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',')];
}
