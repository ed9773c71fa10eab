import { folderProblem } from '../../store/database-file.ts';
import { defaultPath } from '../storage.ts';
import type { Requirement } from './requirement.ts';

/** A folder for the store in which no other user can replace it. */
export const stateFolder: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => {
    if (!config.storage.enabled) return [];
    const problem = folderProblem(config.storage.path ?? defaultPath(environment), environment.uid);
    return problem === null ? [] : [{ verdict: 'bad', subject: 'state folder', message: problem }];
  },
};
