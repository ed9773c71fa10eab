import { TmuxServer } from './tmux-server.ts';

/** Starts many servers in one folder, a few at a time, named `s0`, `s1` and so on; `present` are there already. */
export async function startFleet(
  folder: string,
  count: number,
  sessions: readonly string[] = ['main'],
  present = 0,
): Promise<TmuxServer[]> {
  const servers: TmuxServer[] = [];
  const ATONCE = 8;
  for (let first = 0; first < count; first += ATONCE) {
    const names = Array.from({ length: Math.min(ATONCE, count - first) }, (_, index) => `s${present + first + index}`);
    servers.push(...(await Promise.all(names.map((name) => TmuxServer.start({ folder, name, sessions })))));
  }
  return servers;
}

/** Ends them all. */
export async function endFleet(servers: readonly TmuxServer[]): Promise<void> {
  for (const server of servers) await server.cleanup();
}
