import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { registeredDraft } from '../../../src/core/wording/draft.ts';
import { createFeed } from '../../../src/feed/feed.ts';
import { pendingRecord } from '../sample/sample.ts';

/** The orders to this process. */
export type SiegeOrder = 'small' | 'large' | 'measure' | 'end';

/** Its answer to an order to measure. */
export interface SiegeState {
  readonly rss: number;
  readonly clients: number;
  /** How many clients were cut off or refused, by reason. */
  readonly drops: Readonly<Record<string, number>>;
}

// A feed in a process of its own, with the limits and times of a daemon: publishes on demand, and says what the clients did to it.
const drops: Record<string, number> = {};
let clients = 0;
const log = new MemoryLog('siege', { host: 'bench', bootId: null }, 100);
const feed = createFeed({
  local: { history: log, snapshot: () => [] },
  fleet: null,
  host: 'box',
  observer: {
    connected: () => clients++,
    disconnected: () => clients--,
    dropped: (reason) => {
      drops[reason] = (drops[reason] ?? 0) + 1;
    },
    delivered() {},
    replayed() {},
    gap() {},
  },
});
const small = registeredDraft(pendingRecord());
const large = { ...small, body: 'x'.repeat(16_000) };

const server = createServer((request, response) => feed.handle(request, response)).listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});

process.on('message', (order: SiegeOrder) => {
  if (order === 'end') process.exit(0);
  if (order === 'measure') {
    globalThis.gc?.();
    process.send?.({ rss: process.memoryUsage.rss(), clients, drops } satisfies SiegeState);
  } else feed.publish(log.append(order === 'small' ? small : large, Date.now()));
});
