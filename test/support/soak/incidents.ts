import { setTimeout as delay } from 'node:timers/promises';
import type { Churn } from './churn.ts';
import type { SoakedDaemon } from './soaked-daemon.ts';

const HOUR_MS = 3_600_000;

/** A trouble that lasts for a while. */
export interface Incident {
  readonly name: string;
  /** Whether a server can live and die unseen, and a scrape fail, while it lasts. */
  readonly isDisturbing: boolean;
  /** Lets it happen for `ms`. */
  readonly happen: (ms: number) => Promise<void>;
}

/** Every trouble that a daemon has to survive. */
export function incidentsOf(soaked: SoakedDaemon, churn: Churn): Incident[] {
  const { disk } = soaked;
  return [
    { name: 'clock an hour ahead', isDisturbing: false, happen: (ms) => wrongClock(soaked, HOUR_MS, ms) },
    { name: 'clock an hour behind', isDisturbing: false, happen: (ms) => wrongClock(soaked, -HOUR_MS, ms) },
    { name: 'few descriptors', isDisturbing: true, happen: (ms) => fewFiles(soaked, ms) },
    { name: 'SIGSTOP', isDisturbing: true, happen: (ms) => stopped(soaked, churn, ms) },
    { name: 'certificate and user changed', isDisturbing: false, happen: (ms) => renewals(soaked, ms) },
    ...(disk ? [{ name: 'full disk', isDisturbing: false, happen: (ms: number) => fullDisk(disk, ms) }] : []),
  ];
}

async function wrongClock({ clock }: SoakedDaemon, stepMs: number, ms: number): Promise<void> {
  clock.set(stepMs);
  await delay(ms);
  clock.set(0);
}

async function fewFiles(soaked: SoakedDaemon, ms: number): Promise<void> {
  const undo = await soaked.limitFiles();
  try {
    await delay(ms);
  } finally {
    await undo();
  }
}

async function stopped(soaked: SoakedDaemon, churn: Churn, ms: number): Promise<void> {
  await churn.pause();
  churn.isByKillOnly = true;
  await soaked.stop();
  churn.goOn();
  await delay(ms);
  soaked.goOn();
  churn.isByKillOnly = false;
}

async function renewals({ access, url }: SoakedDaemon, ms: number): Promise<void> {
  const until = performance.now() + ms;
  do await access.renew(url);
  while (performance.now() < until);
}

/** Whatever is freed meanwhile is filled again. */
async function fullDisk(disk: { fill(): void; empty(): void }, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    disk.fill();
    await delay(500);
  }
  disk.empty();
}
