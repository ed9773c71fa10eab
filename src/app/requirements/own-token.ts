import { dirname } from 'node:path';
import { errorText } from '../../core/text.ts';
import { tryFolderOf } from '../../store/store-trial.ts';
import { ownTokenPath } from '../web/own-token.ts';
import type { CheckResult, Requirement } from './requirement.ts';

/** A folder for the token of our own commands. Without it, changes need one of `web.tokens`. */
export const ownToken: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => {
    if (!config.storage.enabled) return [];
    const path = ownTokenPath(config.storage.path, environment);
    return [{ subject: 'own token', ...findingOf(path) }];
  },
};

function findingOf(path: string): Omit<CheckResult, 'subject'> {
  try {
    tryFolderOf(path);
    return { verdict: 'fine', message: path };
  } catch (error) {
    return {
      verdict: 'note',
      message: `no file can be made in ${dirname(path)} (${errorText(error)}), so our own commands have no token`,
      cure: 'set XDG_STATE_HOME to a folder that can be written to, or name a file in web.tokens',
    };
  }
}
