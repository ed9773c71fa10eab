import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../machine/eventually.ts';
import { Daemon, type DaemonOptions } from './daemon.ts';

const PROBE = fileURLToPath(new URL('hold-probe.ts', import.meta.url));

/** A daemon that measures how long its main thread is held. */
export class HeldDaemon {
  readonly daemon: Daemon;
  readonly #file: string;

  private constructor(daemon: Daemon, file: string) {
    this.daemon = daemon;
    this.#file = file;
  }

  static async start(options: DaemonOptions & { readonly state: string }): Promise<HeldDaemon> {
    const file = join(options.state, 'hold');
    const env = { NODE_OPTIONS: `--import=${PROBE}`, HOLD_FILE: file };
    return new HeldDaemon(await Daemon.start({ ...options, env }), file);
  }

  /** The longest hold since the last call, or since the first server was met, in milliseconds. */
  async longestHold(): Promise<number> {
    await rm(this.#file, { force: true });
    this.daemon.kill('SIGUSR2');
    let text = '';
    await eventually('the longest hold', async () => {
      text = await readFile(this.#file, 'utf8').catch(() => '');
      return text.endsWith('\n');
    });
    return Number(text);
  }
}
