import { whyNoneIsFound } from '../finder.ts';
import type { Requirement } from './requirement.ts';

/** A way for servers to be registered. */
export const discovery: Requirement = {
  without: 'report',
  examine: async ({ config }) => {
    const reason = whyNoneIsFound(config.tmux);
    if (reason === null || config.servers.length > 0) return [];
    const message = `no server will be watched: ${reason}, and none is configured`;
    return [{ verdict: 'note', subject: 'servers', message, cure: 'change one of the two' }];
  },
};
