import { setTimeout as delay } from 'node:timers/promises';

/** Resolves as soon as `holds` does. It is for changes without an event, such as the end of a process that is not our child. It rejects after `timeoutMs`. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`expected within ${timeoutMs} ms: ${what}`);
    await delay(5);
  }
}
