import type { ProcessUsage } from '../../../src/core/process/process-usage.ts';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { readKernelUnits } from '../../../src/proc/kernel/kernel-units.ts';
import { type Collection, ProcessAccounting } from '../../../src/proc/process/process-accounting.ts';
import { ProcessTableReader } from '../../../src/proc/process/process-table.ts';
import { MemoryJournal } from '../daemon/memory-journal.ts';
import { unsetClock } from '../sample/fake-clock.ts';
import { type BenchOptions, EvidenceBench } from '../tmux/evidence-bench.ts';
import type { TmuxServer } from '../tmux/tmux-server.ts';

/** Process accounting over real servers and the real /proc, one step at a time. */
export class AccountingBench {
  readonly collections: Collection[] = [];
  readonly registry = new Registry({
    journal: new MemoryJournal(),
    onEvent: () => {},
    clock: unsetClock(Date.now),
    limits: () => ({ maxServers: 100, lingerMs: 0 }),
  });
  readonly #evidence = new EvidenceBench();
  readonly #accounting: ProcessAccounting;

  constructor(reader = realReader()) {
    this.#accounting = new ProcessAccounting({
      registry: this.registry,
      reader,
      levels: { sessions: true, panes: true },
      onCollected: (collection) => this.collections.push(collection),
    });
  }

  /** The problem of the last pass. */
  get problem(): string | null | undefined {
    return this.collections.at(-1)?.problem;
  }

  /** Registers a server that a test started, and polls it. */
  async add(name: string, server: TmuxServer, options?: BenchOptions): Promise<void> {
    this.registry.register({ name, socket: server.socket, registration: 'api' });
    await this.poll(name, options);
  }

  /** Polls a server as a tick does. */
  async poll(name: string, options?: BenchOptions): Promise<void> {
    const before = this.record(name);
    const { observation } = await this.#evidence.poll(before, options);
    this.registry.apply(name, before.generation, observation);
  }

  /** Makes a pass. */
  pass(): Promise<void> {
    return this.#accounting.run();
  }

  record(name: string): ServerRecord {
    const record = this.registry.get(name);
    if (!record) throw new Error(`no server is registered as ${name}`);
    return record;
  }

  /** The usage of the processes of a session; null if it is not known. */
  usage(name: string, session: string): ProcessUsage | null {
    const { snapshot, processes } = this.record(name);
    const id = snapshot?.sessions.find((candidate) => candidate.name === session)?.id ?? '';
    return processes?.sessions.get(id) ?? null;
  }

  /** The usage of the processes in the panes that were started with these pids. */
  paneUsages(name: string, pids: readonly number[]): ProcessUsage[] {
    const { snapshot, processes } = this.record(name);
    const panes = snapshot?.panes.filter(({ pid }) => pids.includes(pid)) ?? [];
    return panes.flatMap(({ id }) => processes?.panes.get(id) ?? []);
  }

  /** CPU seconds counted for a session. */
  cpuSeconds(name: string, session: string): number | null {
    const usage = this.usage(name, session);
    return usage && usage.cpuMs / 1000;
  }

  async cleanup(): Promise<void> {
    await this.#evidence.cleanup();
  }
}

/** Reads the real /proc. */
function realReader(): ProcessTableReader | null {
  const units = readKernelUnits('/proc');
  return units && new ProcessTableReader(units);
}
