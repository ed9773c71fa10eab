import { examineStore } from '../../store/trial.ts';
import { defaultPath } from '../journal.ts';
import type { CheckResult, Requirement } from '../requirement.ts';

/** A place on disk where events can be stored. */
export const storage: Requirement = {
  without: 'start',
  examine: async ({ config, environment }) => [
    { subject: 'storage', ...findingOf(config.storage, defaultPath(environment)) },
  ],
};

function findingOf(
  { enabled, path }: { readonly enabled: boolean; readonly path: string | null },
  fallback: string,
): Pick<CheckResult, 'verdict' | 'message'> {
  if (!enabled) return { verdict: 'note', message: 'off: a death while the exporter does not run is not reported' };
  const place = path ?? fallback;
  const { kind, message } = examineStore(place);
  return { verdict: VERDICTS[kind], message };
}

const VERDICTS = { usable: 'fine', in_use: 'note', questionable: 'note', unusable: 'bad' } as const;
