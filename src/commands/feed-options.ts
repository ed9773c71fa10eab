import { type Command, InvalidArgumentError, Option } from 'commander';
import { EVENT_TYPES, type EventType, SEVERITIES, type Severity } from '../core/event/event.ts';
import { isServerPattern, MOST_PATTERNS, PATTERN_RULE } from '../core/event/selector.ts';
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
  readonly server: readonly string[];
  readonly type: readonly EventType[];
  readonly severity: Severity;
}

/** Adds the options of every command that follows a feed. */
export function addFeedOptions(command: Command, severity: Severity): Command {
  return addAccessOptions(command, 'several')
    .option('--server <name>', 'only events of this server; * matches any characters (repeatable)', collect)
    .option('--type <type>', 'only events of this type, such as server-gone (repeatable)', collect)
    .addOption(
      new Option('--severity <minimum>', 'only events of at least this severity').choices(SEVERITIES).default(severity),
    );
}

/** Reads these options. Rejects with a {@link UsageError} for values that the exporter would refuse. */
export async function readFeedOptions(command: Command, terminal: Terminal): Promise<FeedOptions> {
  const { server = [], type = [], severity } = command.opts<GivenOptions>();
  if (server.length > MOST_PATTERNS)
    throw new UsageError(`--server: expected at most ${MOST_PATTERNS}, found ${server.length}`);
  const { exporters, flags } = await readExporters(command, terminal);
  return {
    exporters,
    exporterFlags: flags,
    server: server.map(readServer),
    type: type.map(readType),
    severity,
  };
}

interface GivenOptions {
  readonly server?: readonly string[];
  readonly type?: readonly string[];
  readonly severity: Severity;
}

/** Types that are always requested: after an interruption we must know which servers were alive. */
const LIFE_TYPES: readonly EventType[] = ['server-up', 'server-gone', 'server-unregistered'];

/** The events to request from the feed. */
export function wantedBy({ server, type }: FeedOptions): Wanted {
  return { servers: server, types: type.length === 0 ? [] : [...new Set([...type, ...LIFE_TYPES])] };
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

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, ...value.split(',')];
}
