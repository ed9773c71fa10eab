import type { Config } from '../../config/schema.ts';
import type { Environment } from '../environment.ts';

/** One thing that was examined: fine, worth a note, or in the way of the exporter's work. */
export interface CheckResult {
  readonly verdict: 'fine' | 'note' | 'bad';
  readonly subject: string;
  /** What was found, and how to fix it if that is needed. */
  readonly message: string;
}

/** What requirements are examined against. */
export interface RequirementContext {
  readonly config: Config;
  /** The file that the configuration was read from; null for none. */
  readonly file: string | null;
  readonly environment: Environment;
}

/** Something that must hold for the daemon to do its work. */
export interface Requirement {
  /** `start`: the daemon refuses to start without it, and examines it by starting. `report`: it starts, and logs what is missing. */
  readonly without: 'start' | 'report';
  readonly examine: (context: RequirementContext) => Promise<readonly CheckResult[]>;
}
