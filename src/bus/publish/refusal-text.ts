import type { RefusalReason } from '../../core/fleet/bus-words.ts';

/** A refusal for a person: what is wrong, and how to fix it. */
export function refusalText(reason: RefusalReason, problem: string, name: string): string {
  switch (reason) {
    case 'name_taken':
      return `another exporter publishes to the bus as ${name} (${problem}): give each a fleet.name of its own`;
    case 'too_large':
      return `the bus refuses an event because of its size (${problem}): it is skipped; raise max_msg_size of the stream`;
    case 'full':
      return `the stream of the bus is full (${problem}): events wait; run "tmux-exporter bus init" to see whether it discards old messages`;
    case 'permission':
      return `the bus does not allow it (${problem}): events wait; give the user of this exporter the rights that "tmux-exporter bus check" names`;
    case 'version':
      return `the bus cannot be used: ${problem}`;
    case 'other':
      return `the bus refuses an event (${problem}): events wait`;
  }
}

/** The refusal of the report about the host and its servers, for a person. */
export function reportRefusalText(problem: string): string {
  return `the bus does not take the report of this exporter (${problem}), so the hubs will call it silent: see "tmux-exporter bus check"`;
}
