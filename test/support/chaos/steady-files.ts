import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The fewest files that a process had open during a second, without its TCP connections: what is in use only now and then does not count. */
export async function steadyFiles(pid: number): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 40; look++) {
    fewest = Math.min(fewest, filesOf(pid));
    await delay(25);
  }
  return fewest;
}

function filesOf(pid: number): number {
  const tcp = tcpInodes();
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode === undefined || !tcp.has(inode);
  }).length;
}

function tcpInodes(): Set<string> {
  const lines = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'));
  return new Set(lines.map((line) => line.trim().split(/\s+/)[9] ?? ''));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
