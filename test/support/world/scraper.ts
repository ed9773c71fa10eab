import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 2;

// A process that scrapes one URL again and again, and says on demand how many milliseconds each scrape took since it was last asked.
const url = process.argv[2] ?? '';
const agent = new Agent({ keepAlive: true });
let times: number[] = [];
let reports = 0;

process.on('message', () => reports++);

for (;;) {
  const begun = performance.now();
  const [response] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  times.push(performance.now() - begun);
  // Only after a scrape: none that is under way is left out.
  for (; reports > 0; reports--) {
    process.send?.(times);
    times = [];
  }
  await delay(EVERY_MS);
}
