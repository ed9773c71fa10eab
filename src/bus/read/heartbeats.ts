import { spanText } from '../../core/text.ts';
import type { HostReport } from './host-report.ts';

/** How many reports fit into the time after which a host is silent, at least: one or two can be late. */
const REPORTS_UNTIL_SILENT = 3;

/** Finds the hosts that report themselves too seldom for a hub, and names each once. */
export class Heartbeats {
  readonly #silentAfterMs: number;
  readonly #told = new Set<string>();

  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs;
  }

  /** Takes a report, and gives what is wrong with its heartbeat, for a person; null if nothing is, or it was said before. */
  take({ name, hasLeft, heartbeatMs }: Pick<HostReport, 'name' | 'hasLeft' | 'heartbeatMs'>): string | null {
    if (hasLeft || heartbeatMs * REPORTS_UNTIL_SILENT <= this.#silentAfterMs) {
      this.#told.delete(name);
      return null;
    }
    if (this.#told.has(name)) return null;
    this.#told.add(name);
    const [heartbeat, silentAfter] = [spanText(heartbeatMs / 1_000), spanText(this.#silentAfterMs / 1_000)];
    return `${name} reports itself every ${heartbeat}, more than a third of hub.silent_after (${silentAfter}), so it can count as silent although it is well: shorten its bus.heartbeat, or lengthen hub.silent_after`;
  }
}
