import { ownSocketDirectory } from '../../tmux/discovery/socket-directories.ts';
import { inspectDirectory } from './inspection.ts';
import type { Requirement } from './requirement.ts';

/** A readable socket directory, unless discovery is off. */
export const socketDirectory: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => {
    const { tmuxTmpdir, uid } = environment;
    if (!config.tmux.discover) return [];
    return [await inspectDirectory(config.tmux.socketDirectory ?? ownSocketDirectory(tmuxTmpdir, uid), uid)];
  },
};
