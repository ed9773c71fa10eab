import { subscribe } from 'node:diagnostics_channel';
import { openSync, readSync, writeFileSync } from 'node:fs';

/** Loaded into a daemon before it starts: measures the longest time between two turns of its event loop, and writes it to `HOLD_FILE` at each SIGUSR2. */
const buffer = Buffer.alloc(128);
const schedstat = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');

let last = busyMs();
let longest = 0;

setInterval(turn, 1).unref();
// What holds us before we know any server holds up none.
let isConnected = false;
subscribe('net.client.socket', () => {
  if (!isConnected) reset();
  isConnected = true;
});
process.on('SIGUSR2', () => {
  turn();
  writeFileSync(process.env['HOLD_FILE'] ?? '', `${longest}\n`);
  reset();
});

function turn(): void {
  const now = busyMs();
  longest = Math.max(longest, now - last);
  last = now;
}

function reset(): void {
  last = busyMs();
  longest = 0;
}

/** The time of the clock, without that in which the main thread wanted a processor and others had it. */
function busyMs(): number {
  const length = readSync(schedstat, buffer, 0, buffer.length, 0);
  const waitedNs = Number(buffer.toString('latin1', 0, length).split(' ')[1]);
  return performance.now() - waitedNs / 1e6;
}
