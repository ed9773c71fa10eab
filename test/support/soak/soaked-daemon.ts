import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { steadyFiles } from '../chaos/steady-files.ts';
import { Daemon, runBundle } from '../daemon/daemon.ts';
import { WallClock } from '../daemon/wall-clock.ts';
import { eventually } from '../machine/eventually.ts';
import { residentBytes } from '../machine/process-cost.ts';
import { inState, processLife } from '../machine/process-life.ts';
import { SmallDisk } from '../machine/small-disk.ts';
import { WebAccess } from './web-access.ts';

const execute = promisify(execFile);

const PROBE = fileURLToPath(new URL('../daemon/heap-probe.ts', import.meta.url));
const DISK_KILOBYTES = 65_536;
/** How many more files it may open when files are few. */
const FEW_FILES = 4;

/** The resources that a daemon holds. */
export interface Holding {
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Without TCP connections. */
  readonly files: number;
}

/** A daemon whose disk, clock, descriptors and web configuration are in our hands. */
export class SoakedDaemon {
  readonly access: WebAccess;
  readonly clock: WallClock;
  /** Where its store is; null if no file system may be mounted. */
  readonly disk: SmallDisk | null;
  readonly daemon: Daemon;
  readonly #heapFile: string;

  private constructor(
    daemon: Daemon,
    {
      access,
      clock,
      disk,
      heapFile,
    }: { access: WebAccess; clock: WallClock; disk: SmallDisk | null; heapFile: string },
  ) {
    this.daemon = daemon;
    this.access = access;
    this.clock = clock;
    this.disk = disk;
    this.#heapFile = heapFile;
  }

  /** Starts one over the servers in `<folder>/s`. */
  static async start(folder: string, webhooks: readonly object[]): Promise<SoakedDaemon> {
    const web = join(folder, 'web');
    await mkdir(web, { mode: 0o700 });
    const access = await WebAccess.create(web);
    const clock = new WallClock(join(folder, 'clock'));
    const heapFile = join(folder, 'heap');
    const config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ webhooks }), { mode: 0o600 });
    const disk = await SmallDisk.mount(DISK_KILOBYTES);
    const daemon = await Daemon.start({
      sockets: join(folder, 's'),
      state: disk?.folder ?? folder,
      flags: [`--config.file=${config}`, `--web.config.file=${access.file}`],
      env: { ...clock.env, NODE_OPTIONS: `${clock.env['NODE_OPTIONS']} --import=${PROBE}`, HEAP_FILE: heapFile },
      run: runBundle,
    }).catch(async (error: unknown) => {
      await disk?.unmount();
      throw error;
    });
    return new SoakedDaemon(daemon, { access, clock, disk, heapFile });
  }

  get url(): string {
    return this.daemon.url;
  }

  /** What it holds when garbage has been collected. */
  async holding(): Promise<Holding> {
    const { pid } = this.daemon;
    await rm(this.#heapFile, { force: true });
    this.daemon.kill('SIGUSR2');
    let text = '';
    await eventually('the heap is measured', async () => {
      text = await readFile(this.#heapFile, 'utf8').catch(() => '');
      return text.endsWith('\n');
    });
    return { heapBytes: Number(text), residentBytes: residentBytes(pid), files: await steadyFiles(pid) };
  }

  /** Lets it open a few files more than it has open, and no others. Gives what undoes that. */
  async limitFiles(): Promise<() => Promise<unknown>> {
    const { pid } = this.daemon;
    const [, before = ''] = /^Max open files +(\d+)/m.exec(await readFile(`/proc/${pid}/limits`, 'utf8')) ?? [];
    const open = readdirSync(`/proc/${pid}/fd`).length;
    const limit = (files: string) => execute('prlimit', ['--pid', String(pid), `--nofile=${files}:`]);
    await limit(String(open + FEW_FILES));
    return () => limit(before);
  }

  async stop(): Promise<void> {
    this.daemon.kill('SIGSTOP');
    await inState(processLife(this.daemon.pid), 'T');
  }

  goOn(): void {
    this.daemon.kill('SIGCONT');
  }

  /** The names and pids of the servers that are up. */
  async up(): Promise<ReadonlyMap<string, number>> {
    const { servers } = JSON.parse(await this.access.text(this.url, '/api/v1/servers')) as {
      servers: { name: string; up: boolean; incarnation: { pid: number } | null }[];
    };
    return new Map(servers.filter(({ up }) => up).map(({ name, incarnation }) => [name, incarnation?.pid ?? 0]));
  }

  /** Ends it and gives its exit code. */
  async end(): Promise<number | null> {
    this.goOn();
    const code = await this.daemon.stop();
    await this.disk?.unmount();
    return code;
  }
}
