import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProcessMark } from '../../core/model/observation.ts';
import type { Pane, Snapshot } from '../../core/model/snapshot.ts';
import { type CpuLedger, countCpu } from '../../core/process/cpu-ledger.ts';
import type { Process, ProcessTable } from '../../core/process/process.ts';
import { ownersOf } from '../../core/process/process-owners.ts';
import { addUsage, type Holdings, NO_USAGE, type ProcessUsage } from '../../core/process/process-usage.ts';
import { type AccountedLevels, accrue, isVisible, rootOf } from '../../core/process/server-processes.ts';
import type { Life, ServerRecord } from '../../core/record/record.ts';
import type { Registry } from '../../core/registry/registry.ts';
import { errorText, listText } from '../../core/text.ts';
import type { ProcessTableReader } from './process-table.ts';

/** The result of one run of a collector. */
export interface Collection {
  readonly collector: 'process';
  readonly durationMs: number;
  /** Why something could not be collected; null if everything was. */
  readonly problem: string | null;
}

/** Options of {@link ProcessAccounting}. */
export interface ProcessAccountingOptions {
  readonly registry: Registry;
  /** Null if there is no /proc. */
  readonly reader: ProcessTableReader | null;
  readonly levels: AccountedLevels;
  readonly onCollected: (collection: Collection) => void;
}

/** A server whose processes were found. */
interface Found {
  readonly record: ServerRecord;
  readonly layout: Snapshot;
  /** The panes by the pid of the process that the server started in them. */
  readonly roots: ReadonlyMap<number, Pane>;
}

/** Accounts for the processes in the panes of all servers, in one pass over all processes of the machine. */
export class ProcessAccounting {
  readonly #options: ProcessAccountingOptions;
  #ledger: CpuLedger | null = null;
  #running: Promise<void> | null = null;

  constructor(options: ProcessAccountingOptions) {
    this.#options = options;
  }

  /** Makes a pass and adds the results to the records of the servers; joins a pass that is under way. With thousands of processes each step takes some milliseconds, so it yields to the event loop between steps. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const begun = performance.now();
    const problem = await this.#account();
    this.#options.onCollected({ collector: 'process', durationMs: performance.now() - begun, problem });
  }

  /** Makes a pass and returns the problem, if any. If processes cannot be read, their old values are dropped too. */
  async #account(): Promise<string | null> {
    const { registry, reader } = this.#options;
    const records = registry.list().filter(({ life }) => life !== null);
    try {
      if (!reader) return NO_PROC;
      return records.some((record) => layoutOf(record)) ? await this.#pass(reader, records) : null;
    } catch (error) {
      for (const { target, generation } of records) registry.noteProcesses(target.name, generation, null);
      return `off at this poll: ${errorText(error)}`;
    }
  }

  async #pass(reader: ProcessTableReader, records: readonly ServerRecord[]): Promise<string | null> {
    const { registry, levels } = this.#options;
    const table = await reader.read();
    await nextTurn();
    const { ledger, spent } = countCpu(this.#ledger, table);
    this.#ledger = ledger;
    await nextTurn();
    const found = records.map((record) => find(record, table)).filter((server) => server !== null);
    const owners = ownersOf(table, new Map(found.flatMap(({ roots }) => [...roots])));
    const holdings = await reader.readHoldings(owners.keys());
    await nextTurn();
    const usages = usageByPane(owners, (process) => usageOf(process, spent, holdings));
    const usageOfPane = (pane: Pane) => usages.get(pane) ?? NO_USAGE;
    const used = new Map(
      found.map(({ record, layout }) => [record, accrue(record.processes, layout, usageOfPane, levels)]),
    );
    for (const record of records) {
      registry.noteProcesses(record.target.name, record.generation, used.get(record) ?? null);
    }
    return hiddenProblem(records.filter(({ snapshot, life }) => snapshot && !isNear(life)));
  }
}

/** Holdings of a zombie. */
const NO_HOLDINGS: Holdings = { residentBytes: 0, openFiles: 0 };

const NO_PROC = 'off: there is no /proc to read';

/** The last known layout of a server: its processes continue while it does not answer. */
function layoutOf({ snapshot, processes }: ServerRecord): Snapshot | null {
  return snapshot ?? processes?.layout ?? null;
}

/** Whether the pids that a server says are those of this machine: not in a pid namespace of its own. */
function isNear(life: Life | null): boolean {
  return life?.process?.pid === life?.incarnation.pid;
}

/** Finds the processes of a server; null if the server or all of its panes are invisible: then its pids mean nothing here. */
function find(record: ServerRecord, table: ProcessTable): Found | null {
  const layout = layoutOf(record);
  const server = record.life?.process;
  if (!layout || !server || !isNear(record.life) || !isVisible(server, table)) return null;
  const roots = rootsOf(layout, server, table);
  const isEmpty = layout.panes.every(({ dead }) => dead);
  return isEmpty || roots.size > 0 ? { record, layout, roots } : null;
}

function rootsOf({ panes }: Snapshot, server: ProcessMark, table: ProcessTable): Map<number, Pane> {
  const roots = new Map<number, Pane>();
  for (const pane of panes) {
    const root = rootOf(pane, server, table);
    if (root) roots.set(root.pid, pane);
  }
  return roots;
}

function usageOf(
  { pid, threads }: Process,
  spent: ReadonlyMap<number, number>,
  holdings: ReadonlyMap<number, Holdings>,
): ProcessUsage {
  return { cpuMs: spent.get(pid) ?? 0, processes: 1, threads, ...(holdings.get(pid) ?? NO_HOLDINGS) };
}

function usageByPane(
  owners: ReadonlyMap<Process, Pane>,
  usageOf: (process: Process) => ProcessUsage,
): Map<Pane, ProcessUsage> {
  const usages = new Map<Pane, ProcessUsage>();
  for (const [process, pane] of owners) usages.set(pane, addUsage(usages.get(pane) ?? NO_USAGE, usageOf(process)));
  return usages;
}

function hiddenProblem(records: readonly ServerRecord[]): string | null {
  if (records.length === 0) return null;
  const names = records.map(({ target }) => target.name);
  return `off for ${listText(names.slice(0, 5), names.length)}: the processes are not visible from here: they are in another pid namespace (start the container with "pid: host"), or /proc hides them (hidepid)`;
}
