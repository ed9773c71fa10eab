import { setTimeout as delay } from 'node:timers/promises';
import { VISIT } from './cast.ts';
import type { Death, Mortal } from './mortal.ts';

/** Something that happens to a server. It resolves when the server is back to normal. */
type Happening = (server: Mortal) => Promise<void>;

/** Average number of seconds between two of a kind; the first comes after half of them. */
const PACE = { visit: 2, death: 9, trouble: 16 };

/** Lets things happen to the servers until the signal aborts, and then leaves them as they are. */
export async function happen(servers: readonly Mortal[], signal: AbortSignal, complain: (text: string) => void) {
  const pause = (seconds: number) => delay(seconds * 1000, undefined, { signal });
  // If there is more than one server, the first stays alive, for comparison.
  const mortals = servers.length > 1 ? servers.slice(1) : servers;
  const strand = async (seconds: number, happenings: readonly Happening[]) => {
    await pause(seconds / 2);
    for (let turn = 0; ; turn++) {
      const happening = happenings[turn % happenings.length];
      const server = anyOf(mortals.filter(({ isBusy }) => !isBusy));
      if (server && happening) void undisturbed(server, happening);
      await pause(seconds * (0.7 + 0.6 * Math.random()));
    }
  };
  const undisturbed = async (server: Mortal, happening: Happening) => {
    server.isBusy = true;
    try {
      await happening(server);
    } catch (error) {
      if (!signal.aborted) complain(`${server.name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      server.isBusy = false;
    }
  };
  const dying =
    (death: Death): Happening =>
    async (server) => {
      await server.die(death);
      await pause(3 + 4 * Math.random());
      await server.begin();
    };
  const hanging: Happening = async (server) => {
    server.hang();
    await pause(6);
    server.goOn();
  };
  const losing: Happening = async (server) => {
    await server.loseSocket();
    await pause(6);
    server.findSocket();
    // Its return is not visible: wait for the next poll.
    await pause(1);
  };
  const visits: Happening[] = [(server) => server.openVisit(VISIT), (server) => server.closeVisit()];
  const deaths = shuffled<Death>(['SIGKILL', 'kill-server', 'last session', 'SIGTERM']).map(dying);
  const strands = [strand(PACE.visit, visits), strand(PACE.death, deaths), strand(PACE.trouble, [losing, hanging])];
  await Promise.allSettled(strands);
}

function anyOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
