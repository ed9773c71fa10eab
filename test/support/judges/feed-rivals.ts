import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createChannel, createSession } from 'better-sse';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { registeredDraft } from '../../../src/core/wording/draft.ts';
import { createFeed } from '../../../src/feed/feed.ts';
import { pendingRecord } from '../sample/sample.ts';

/** A server of a stream, and how it broadcasts one event of about 400 bytes. */
interface Rival {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly broadcast: () => void;
}

const DRAFT = registeredDraft(pendingRecord());
/** The same event for all of them. */
const JSON_TEXT = new MemoryLog('bench', { host: 'bench', bootId: null }).append(DRAFT, Date.now()).json;

const RIVALS: Readonly<Record<string, () => Rival>> = {
  feed: () => {
    const log = new MemoryLog('bench', { host: 'bench', bootId: null });
    const observer = { connected() {}, disconnected() {}, delivered() {}, replayed() {}, dropped() {}, gap() {} };
    const feed = createFeed({
      local: { history: log, snapshot: () => [] },
      fleet: null,
      host: 'box',
      observer,
      options: { maxClients: 10_000, maxClientsPerAddress: 10_000 },
    });
    return {
      handle: (request, response) => feed.handle(request, response),
      broadcast: () => feed.publish(log.append(DRAFT, Date.now())),
    };
  },
  bare: () => {
    const responses = new Set<ServerResponse>();
    let id = 0;
    return {
      handle: (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.flushHeaders();
        responses.add(response);
      },
      broadcast: () => {
        id++;
        const block = Buffer.from(`id: bench-${id}\nevent: server-registered\ndata: ${JSON_TEXT}\n\n`);
        for (const response of responses) response.write(block);
      },
    };
  },
  'better-sse': () => {
    const channel = createChannel();
    return {
      handle: (request, response) => {
        void createSession(request, response).then((session) => channel.register(session));
      },
      broadcast: () => {
        channel.broadcast(JSON.parse(JSON_TEXT), 'server-registered');
      },
    };
  },
};

const rival = RIVALS[process.argv[2] ?? '']?.();
if (!rival) throw new Error(`expected one of ${Object.keys(RIVALS).join(', ')}`);
const server = createServer(rival.handle).listen(0, '127.0.0.1', () => {
  process.send?.({ kind: 'listening', port: (server.address() as AddressInfo).port });
});

let heldMs = 0;
let watching = false;

/** Turns the event loop as fast as it goes, and keeps the longest turn. */
function watchLoop(last: number): void {
  const now = performance.now();
  heldMs = Math.max(heldMs, now - last);
  if (watching) setImmediate(watchLoop, now);
}

process.on('message', (message) => {
  if (message === 'broadcast') {
    process.send?.({ kind: 'sent', at: performance.timeOrigin + performance.now() });
    heldMs = 0;
    watching = true;
    const begun = performance.now();
    rival.broadcast();
    watchLoop(begun);
  } else if (message === 'measure') {
    watching = false;
    globalThis.gc?.();
    process.send?.({ kind: 'measured', rss: process.memoryUsage.rss(), heldMs });
  } else {
    process.exit(0);
  }
});
