import { execFile } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makePrivateFolder, removeFolder } from './private-folder.ts';

const execute = promisify(execFile);

/** A real file system of a few hundred kilobytes that can be filled up. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts one; null if we may not: it needs root on Linux. */
  static async mount(kilobytes: number): Promise<SmallDisk | null> {
    const folder = await makePrivateFolder();
    try {
      await execute('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0700`, 'none', folder]);
      return new SmallDisk(folder);
    } catch {
      await removeFolder(folder);
      return null;
    }
  }

  /** Fills it to the last byte. */
  fill(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (let size = 65_536; size >= 1; ) if (!writes(file, size)) size = Math.floor(size / 2);
    } finally {
      closeSync(file);
    }
  }

  /** Gives back what filled it. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  async unmount(): Promise<void> {
    await execute('umount', [this.folder]);
    await removeFolder(this.folder);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function writes(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size;
  } catch {
    return false;
  }
}
