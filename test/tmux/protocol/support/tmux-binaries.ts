import { spawnSync } from 'node:child_process';

/** A tmux that servers of the tests are made of. */
export interface TmuxBinary {
  readonly version: string;
  readonly binary: string;
}

/** The tmux of this machine, and those that TMUX_BINARIES names by their paths, with colons between. */
export const tmuxBinaries: readonly TmuxBinary[] = ['tmux', ...(process.env['TMUX_BINARIES'] ?? '').split(':')]
  .filter((binary) => binary !== '')
  .map((binary) => ({ version: versionOf(binary), binary }));

function versionOf(binary: string): string {
  const { error, stdout } = spawnSync(binary, ['-V'], { encoding: 'utf8' });
  if (error) throw error;
  return stdout.trim();
}
