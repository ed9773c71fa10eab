import { type Logger, type ScheduledTask, schedule } from 'node-cron';
import { type Pace, runTick, type TickOptions } from './pace.ts';

/** What a scheduler needs. Times are milliseconds. */
export interface SchedulerOptions extends TickOptions {
  /** A cron expression; a first field of six is seconds. */
  readonly expression: string;
  /** Told that a tick was left out, since the one before still ran. */
  readonly onSkip: () => void;
}

/** Runs a tick now and then on its cron schedule, never two at once. */
export class Scheduler implements Pace {
  readonly #options: SchedulerOptions;
  #task: ScheduledTask | null = null;
  #running: Promise<void> | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Runs the first tick at once and the others on schedule. It settles when the first has ended. */
  start(): Promise<void> {
    const options = { noOverlap: true, name: 'poll', logger: SILENT, suppressMissedWarning: true };
    this.#task = schedule(this.#options.expression, () => this.#tickUnlessRunning(), options);
    this.#task.on('execution:overlap', () => this.#options.onSkip());
    return this.#tickUnlessRunning();
  }

  /** The time between the next two ticks, in milliseconds. */
  intervalMs(): number {
    const [first, second] = this.#task?.getNextRuns(2) ?? [];
    return first && second ? second.getTime() - first.getTime() : 0;
  }

  /** What there is counts as fresh: nobody waits for tmux. */
  async freshen(): Promise<void> {}

  /** Ends the schedule and waits for a tick that is running. */
  async stop(): Promise<void> {
    await this.#task?.destroy();
    this.#task = null;
    await this.#running;
  }

  async #tickUnlessRunning(): Promise<void> {
    if (this.#running) return this.#options.onSkip();
    this.#running = runTick(this.#options);
    await this.#running;
    this.#running = null;
  }
}

/** node-cron writes lines of its own otherwise; what a person should know of a tick is counted. */
const SILENT: Logger = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };
