import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventSource } from 'eventsource';
import { chromium } from 'playwright-core';
import { EventSource as UndiciEventSource } from 'undici';
import { MemoryLog } from '../../src/core/registry/memory-log.ts';
import { registeredDraft } from '../../src/core/wording/draft.ts';
import { createFeed, type Feed } from '../../src/feed/feed.ts';
import { eventually } from '../support/machine/eventually.ts';
import { isInstalled } from '../support/machine/program.ts';
import { pendingRecord } from '../support/sample/sample.ts';
import { CuttingProxy } from '../support/world/cutting-proxy.ts';

const CUTS = 50;
const EVERY_MS = 5;
const LONGEST_UNCUT_MS = 60;

/** Follows a feed and tells the sequence of each event it gets. */
type Follow = (url: string, onEvent: (seq: number) => void) => Following;

/** A client that follows: `open` settles when it does, `stop` may be called before. */
interface Following {
  readonly open: Promise<unknown>;
  readonly stop: () => Promise<void> | void;
}

describe('A client that is cut again and again resumes and has every event once, in order:', () => {
  let log: MemoryLog;
  let feed: Feed;
  let server: Server;
  let proxy: CuttingProxy;
  /** What a test that failed has left going, too. */
  const goingOn: (() => Promise<void> | void)[] = [];

  beforeEach(async () => {
    log = new MemoryLog('e', { host: 'h', bootId: null });
    const observer = { connected() {}, disconnected() {}, delivered() {}, replayed() {}, dropped() {}, gap() {} };
    // The client is to come back at once: the test cuts it some fifty times.
    feed = createFeed({
      local: { history: log, snapshot: () => [] },
      fleet: null,
      host: 'box',
      observer,
      options: { retryMs: 1 },
    });
    server = createServer((request, response) => {
      if (request.url?.startsWith('/events')) feed.handle(request, response);
      else response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await CuttingProxy.start((server.address() as AddressInfo).port);
  });

  afterEach(async () => {
    for (const stop of goingOn.splice(0)) await stop();
    await proxy.close();
    await feed.close();
    server.close();
  });

  /** Lets events flow while the connection is cut at random, and gives what the client saw. */
  async function cutAtRandom(follow: Follow): Promise<number[]> {
    const seen: number[] = [];
    log.append(registeredDraft(pendingRecord()), Date.now());
    const following = follow(`${proxy.url}/events`, (seq) => seen.push(seq));
    goingOn.push(following.stop);
    await following.open;
    const publishing = setInterval(
      () => feed.publish(log.append(registeredDraft(pendingRecord()), Date.now())),
      EVERY_MS,
    );
    goingOn.push(() => clearInterval(publishing));
    while (proxy.cuts < CUTS) {
      await delay(LONGEST_UNCUT_MS * Math.random());
      proxy.cut();
    }
    clearInterval(publishing);
    await eventually('the client has the last event', () => seen.at(-1) === log.head, 20_000);
    return seen;
  }

  function expectAll(seen: readonly number[]): void {
    expect(seen).toEqual(Array.from({ length: log.head - 1 }, (_, index) => index + 2));
  }

  it('the eventsource package', async () => {
    expectAll(await cutAtRandom(byEventSource(EventSource)));
  }, 60_000);

  it("undici's EventSource", async () => {
    expectAll(await cutAtRandom(byEventSource(UndiciEventSource)));
  }, 60_000);

  it('curl in a loop', async () => {
    expectAll(await cutAtRandom(byCurl));
  }, 60_000);

  (isInstalled('chromium') ? it : it.skip)(
    'Chromium',
    async () => {
      expectAll(await cutAtRandom(byChromium));
    },
    90_000,
  );
});

interface EventSourceLike {
  addEventListener(type: string, listener: (event: { lastEventId: string }) => void): void;
  close(): void;
}

function byEventSource(Source: new (url: string) => unknown): Follow {
  return (url, onEvent) => {
    const source = new Source(url) as EventSourceLike;
    source.addEventListener('server-registered', ({ lastEventId }) => onEvent(seqOf(lastEventId)));
    const open = new Promise<void>((resolve) => source.addEventListener('hello', () => resolve()));
    return { open, stop: () => source.close() };
  };
}

/** As docs/notifications.md does it: the id of the last block goes out again with the next request. */
const byCurl: Follow = (url, onEvent) => {
  let id = '';
  let isStopped = false;
  let opened = () => {};
  const open = new Promise<void>((resolve) => {
    opened = resolve;
  });
  let curl = spawn('true');
  const run = async () => {
    while (!isStopped) {
      curl = spawn('curl', ['-sN', ...(id ? ['-H', `Last-Event-ID: ${id}`] : []), url]);
      const closed = once(curl, 'close');
      let [pending, type] = ['', ''];
      for await (const line of createInterface({ input: curl.stdout ?? ([] as never) })) {
        if (line.startsWith('id: ')) pending = line.slice(4);
        else if (line.startsWith('event: ')) type = line.slice(7);
        else if (line === '') {
          if (pending) id = pending;
          if (type === 'hello') opened();
          if (type === 'server-registered') onEvent(seqOf(id));
          [pending, type] = ['', ''];
        }
      }
      await closed;
    }
  };
  const running = run();
  const stop = async () => {
    isStopped = true;
    curl.kill();
    await running;
  };
  return { open, stop };
};

const byChromium: Follow = (url, onEvent) => {
  const launched = chromium.launch({
    executablePath: '/usr/bin/chromium',
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const follow = async () => {
    const page = await (await launched).newPage();
    await page.exposeFunction('onSeen', (id: string) => onEvent(seqOf(id)));
    await page.goto(new URL('/', url).href);
    await page.evaluate(`new Promise((resolve) => {
      const source = new EventSource('/events');
      source.addEventListener('hello', resolve);
      source.addEventListener('server-registered', ({ lastEventId }) => onSeen(lastEventId));
    })`);
  };
  return { open: follow(), stop: async () => (await launched).close() };
};

function seqOf(id: string): number {
  return Number(id.slice(id.indexOf('-') + 1));
}
