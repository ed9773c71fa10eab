import type { ReadFile } from '../../core/file.ts';
import type { CrowdLimits } from '../../http/crowd.ts';

const MOST_BYTES = 65_536;

/** Limits of the clients that leave at least half of the file descriptors of the process to polls, the store and web hooks. */
export async function limitsWithin(limits: CrowdLimits, readFile: ReadFile): Promise<CrowdLimits> {
  const reading = await readFile('/proc/self/limits', MOST_BYTES);
  const most = reading.kind === 'read' ? /^Max open files +(\d+)/m.exec(reading.text)?.[1] : undefined;
  if (most === undefined) return limits;
  return { ...limits, mostConnections: Math.min(limits.mostConnections, Math.floor(Number(most) / 2)) };
}
