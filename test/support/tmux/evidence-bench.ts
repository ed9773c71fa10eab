import { setTimeout as delay } from 'node:timers/promises';
import { judge, type Verdict } from '../../../src/core/death/verdict.ts';
import type { Observation, PollAbort, Trigger } from '../../../src/core/model/observation.ts';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import { type LivingVerdict, pastOf, reduce } from '../../../src/core/registry/reduce.ts';
import { createProcPlatform } from '../../../src/proc/platform.ts';
import { createAsking } from '../../../src/tmux/asking.ts';
import { createGatherer, type EvidenceOptions } from '../../../src/tmux/evidence.ts';
import { pendingRecord } from '../sample/sample.ts';
import { TmuxServer, type TmuxServerOptions } from './tmux-server.ts';

/** The platform of this machine. */
export const PLATFORM = createProcPlatform((pid) => void process.kill(pid, 0));

/** A platform on which the servers' processes are not visible, as from another pid namespace. */
export const BLIND = { ...PLATFORM, readClaim: () => null, isListening: () => null };

/** Differences from the gatherer of the daemon. */
export type BenchOptions = Partial<EvidenceOptions> & {
  /** A tmux to be run as the client, in place of our own client. */
  readonly binary?: string;
  readonly timeoutMs?: number;
  readonly trigger?: Trigger;
  readonly abort?: PollAbort;
};

/** One poll, and its verdict. */
export interface BenchPoll {
  readonly observation: Observation;
  readonly verdict: Verdict;
  /** The record after it, for the next poll. */
  readonly record: ServerRecord;
}

/** Gathers evidence of real servers with the real code, and keeps what it cost. */
export class EvidenceBench {
  /** The pauses of the gatherer, in milliseconds. */
  readonly pauses: number[] = [];
  /** The commands that it sent, without their arguments. */
  readonly commands: string[] = [];
  readonly #cleanups: (() => Promise<unknown>)[] = [];

  /** Polls the server of `record` once, and judges. */
  async poll(record: ServerRecord, { trigger = 'poll', abort, ...options }: BenchOptions = {}): Promise<BenchPoll> {
    const observation = await this.#gatherer(options)(record, trigger, abort);
    if (observation === null) throw new Error('the poll was aborted');
    const verdict = judge(observation, pastOf(record));
    // A death leaves no record, so this one is not used then.
    const next = reduce(record, observation, verdict as LivingVerdict, Date.now()).record;
    return { observation, verdict, record: next };
  }

  /** Polls a socket for the first time. */
  pollSocket(socket: string, options?: BenchOptions): Promise<BenchPoll> {
    return this.poll(pendingRecord({ socket }), options);
  }

  /** Starts a server and polls it once, so that it is known at the next poll. */
  async pollNewServer(options?: BenchOptions): Promise<{ server: TmuxServer; record: ServerRecord }> {
    const server = await this.startServer();
    const { verdict, record } = await this.pollSocket(server.socket, options);
    if (verdict.kind !== 'up') throw new Error(`expected a new server to be up, found ${verdict.kind}`);
    this.commands.length = 0;
    this.pauses.length = 0;
    return { server, record };
  }

  /** Starts a server. */
  async startServer(options?: TmuxServerOptions): Promise<TmuxServer> {
    const server = await TmuxServer.start(options);
    this.onCleanup(() => server.cleanup());
    return server;
  }

  /** A path for a socket, in a private folder, at which there is nothing. */
  async emptyPlace(): Promise<string> {
    const server = await this.startServer();
    await server.crash();
    await server.removeSocket();
    return server.socket;
  }

  onCleanup(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  /** Ends all that was started, the newest first. */
  async cleanup(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  #gatherer({ binary, timeoutMs = 2_000, ...options }: BenchOptions) {
    const ownUid = process.getuid?.() ?? null;
    return createGatherer({
      asking: createAsking({
        client: binary === undefined ? 'protocol' : 'binary',
        binary: binary ?? 'tmux',
        variables: { PATH: process.env['PATH'] },
        ownUid,
        pid: process.pid,
        timeoutMs,
        executableOf: () => null,
        onCommand: (command) => void this.commands.push(command),
      }),
      platform: PLATFORM,
      ownUid,
      uptime: Date.now,
      delay: (ms) => {
        this.pauses.push(ms);
        return delay(ms);
      },
      watchEnd: async () => null,
      ...options,
    });
  }
}

/** The reason why a poll failed; `snapshot` if it did not. */
export function outcomeOf({ answer }: Observation): string {
  return answer.kind === 'failure' ? answer.failure.reason : answer.kind;
}
