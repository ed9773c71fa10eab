import { examineStore } from '../../store/store-trial.ts';
import type { Environment } from '../environment.ts';
import { machineOf } from '../machine-folder.ts';
import { defaultPath } from '../storage.ts';
import type { CheckResult, Requirement } from './requirement.ts';

/** A place on disk where events can be stored. */
export const storage: Requirement = {
  without: 'start',
  examine: async ({ config, environment }) => [{ subject: 'storage', ...findingOf(config.storage, environment) }],
};

function findingOf(
  { enabled, path }: { readonly enabled: boolean; readonly path: string | null },
  environment: Environment,
): Pick<CheckResult, 'verdict' | 'message'> {
  if (!enabled)
    return { verdict: 'note', message: 'off: deaths while the exporter is not running will not be reported' };
  const { kind, message } = examineStore(path ?? defaultPath(environment), machineOf(environment));
  return { verdict: VERDICTS[kind], message };
}

const VERDICTS = { usable: 'fine', in_use: 'note', questionable: 'note', unusable: 'bad' } as const;
