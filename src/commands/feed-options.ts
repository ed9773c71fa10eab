import { type Command, InvalidArgumentError, Option } from 'commander';
import { EVENT_TYPES, type EventType, SEVERITIES, type Severity } from '../core/event/event.ts';
import { isServerPattern, MOST_PATTERNS, PATTERN_RULE } from '../core/event/selector.ts';
import { printable, shorten } from '../core/text.ts';
import type { Wanted } from '../follow/feed/feed-client.ts';
import type { FollowedEvent } from '../follow/feed/feed-event.ts';
import { type AccessOptions, addAccessOptions, readAccessOptions } from './access-options.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Which feed to follow, and which of its events matter: the same for every command that follows one. */
export interface FeedOptions extends AccessOptions {
  readonly server: readonly string[];
  readonly type: readonly EventType[];
  readonly severity: Severity;
}

/** Adds the options by which a feed is chosen. */
export function addFeedOptions(command: Command, severity: Severity): Command {
  return addAccessOptions(command)
    .option('--server <name>', 'only events about this server; * stands for any characters (repeatable)', collect)
    .option('--type <type>', 'only events of this type, such as server-gone (repeatable)', collect)
    .addOption(
      new Option('--severity <least>', 'only events at least so severe').choices(SEVERITIES).default(severity),
    );
}

/** Reads the options by which a feed is chosen. Throws a {@link UsageError} for what the exporter would refuse. */
export function readFeedOptions(command: Command, terminal: Terminal): FeedOptions {
  const { server = [], type = [], severity } = command.opts<GivenOptions>();
  if (server.length > MOST_PATTERNS)
    throw new UsageError(`--server: expected at most ${MOST_PATTERNS}, found ${server.length}`);
  return {
    ...readAccessOptions(command, terminal),
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

/** What tells of the lives of servers comes in any case, so that after an interruption it is known who was there. */
const LIFE_TYPES: readonly EventType[] = ['server-up', 'server-gone', 'server-unregistered'];

/** What is asked of the feed. */
export function wantedBy({ server, type }: FeedOptions): Wanted {
  return { servers: server, types: type.length === 0 ? [] : [...new Set([...type, ...LIFE_TYPES])] };
}

/** Whether an event that came is one that was asked for. */
export function isWantedBy({ type, severity }: FeedOptions): (event: FollowedEvent) => boolean {
  const least = SEVERITIES.indexOf(severity);
  return (event) =>
    SEVERITIES.indexOf(event.severity) >= least && (type.length === 0 || type.some((wanted) => wanted === event.type));
}

/** A parser of an option's value: what it cannot read is an error that says what was expected. */
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
