import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';

/** A password to be compared with a bcrypt hash. */
export interface Comparison {
  readonly password: string;
  readonly hash: string;
}

interface Work extends Comparison {
  readonly role: typeof ROLE;
}

const ROLE = 'tmux-exporter bcrypt';

/** The thread runs this module, too. */
if (!isMainThread && isWork(workerData)) parentPort?.postMessage(compareSync(workerData.password, workerData.hash));

/** Compares in a thread of its own, because it takes a tenth of a second or much longer, and polls and the feed must not wait for it. Rejects with an error of the thread. */
export function compareInThread(comparison: Comparison): Promise<boolean> {
  // Turned off at the start of the program to save memory. A comparison without it takes three times as long.
  setFlagsFromString('--turbofan');
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const work: Work = { role: ROLE, ...comparison };
  new Worker(new URL(import.meta.url), { workerData: work }).once('message', resolve).once('error', reject);
  return promise;
}

function isWork(data: unknown): data is Work {
  return typeof data === 'object' && data !== null && 'role' in data && data.role === ROLE;
}
