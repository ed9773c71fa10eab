import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../support/sample/seed.ts';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';
import { openReader, type Reader } from './support/reader.ts';

type Step = 'publish wanted' | 'publish other' | 'connect' | 'cut' | 'turn' | 'heartbeat';

/** A client that keeps its cursor as an `EventSource` does, and comes back with it. */
class Client {
  readonly received: number[] = [];
  /** The sequence that its first stream continued from. */
  start: number | null = null;
  #cursor: string | null = null;
  #reader: Reader | null = null;

  async connect(server: FeedServer): Promise<void> {
    if (this.#reader) return;
    const headers: Record<string, string> = this.#cursor ? { 'Last-Event-ID': this.#cursor } : {};
    const reader = await openReader(server.url('?server=wanted'), headers);
    this.#reader = reader;
    void this.#follow(reader);
  }

  cut(): void {
    this.#reader?.cut();
    this.#reader = null;
  }

  async until(seq: number): Promise<void> {
    while (this.received.at(-1) !== seq) await new Promise(setImmediate);
  }

  async #follow(reader: Reader): Promise<void> {
    for (let block = await reader.next(); block !== null; block = await reader.next()) {
      if (this.#reader !== reader) return;
      const [, id, seq] = /^id: (e-(\d+))/m.exec(block) ?? [];
      if (id === undefined) continue;
      this.#cursor = id;
      this.start ??= Number(seq);
      if (block.includes('event: session-created')) this.received.push(Number(seq));
    }
  }
}

async function take(step: Step, server: FeedServer, client: Client): Promise<void> {
  if (step === 'publish wanted') server.publish(sessionDraft('wanted'));
  if (step === 'publish other') server.publish(sessionDraft('other'));
  if (step === 'connect') await client.connect(server);
  if (step === 'cut') client.cut();
  if (step === 'turn') await new Promise(setImmediate);
  if (step === 'heartbeat') server.clock.advance(15_000);
}

describe('a client that is cut off and comes back', () => {
  it('gets every event that it asked for once and in order, whatever happens between', async () => {
    const steps = fc.array(
      fc.constantFrom<Step>('publish wanted', 'publish other', 'connect', 'cut', 'turn', 'turn', 'heartbeat'),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const server = await new FeedServer().listen();
        const client = new Client();
        try {
          for (const step of script) await take(step, server, client);
          await client.connect(server);
          const { seq } = server.publish(sessionDraft('wanted'));
          await client.until(seq);
          const wanted = server.log.after(client.start ?? 0).filter(({ event }) => event.server?.name === 'wanted');
          expect(client.received).toEqual(wanted.map((logged) => logged.seq));
        } finally {
          client.cut();
          await server.stop();
        }
      }),
      { numRuns: runs(100) },
    );
  });
});
