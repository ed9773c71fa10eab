import type { ReopenReason } from '../../core/fleet/fleet.ts';
import type { StreamLook } from './stream-look.ts';

const REASONS: Readonly<Record<ReopenReason, string>> = {
  unhealthy: 'it has no leader or majority there, so another server is tried',
  stuck: 'it has messages that do not come',
  rewound: 'it was made anew, or lost messages that were read',
  closed: 'the bus delivers nothing more',
};

/** Why a stream is opened again, for a person. */
export function reopeningText(stream: string, reason: ReopenReason): string {
  return `${stream} is opened again: ${REASONS[reason]}`;
}

/** What keeps a stream from being read, and how to fix it; null if nothing does. */
export function problemOf(look: StreamLook, stream: string): string | null {
  switch (look.kind) {
    case 'state':
      return null;
    case 'missing':
      return `the bus has no stream ${stream}: make it with "tmux-exporter bus init"`;
    case 'silent':
      return `nothing answers for the stream ${stream} (${look.problem})`;
    case 'refused':
      return `the bus does not allow it (${look.problem}): give the user of the hub the right to publish $JS.API.STREAM.INFO.${stream}`;
  }
}
