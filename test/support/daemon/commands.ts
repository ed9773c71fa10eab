import type { CommandResult, RunCommand } from '../../../src/proc/command/command.ts';

/** A machine's commands: what each prints, by the beginning of its line, the first that fits. Whatever else is run fails. */
export class FakeCommands {
  /** The lines that were run, in order. */
  readonly lines: string[] = [];
  readonly run: RunCommand;

  constructor(answers: Readonly<Record<string, string>> = {}) {
    this.run = (file, args) => {
      const line = [file, ...args].join(' ');
      this.lines.push(line);
      const key = Object.keys(answers).find((beginning) => line.startsWith(beginning));
      return Promise.resolve(key === undefined ? FAILED : { code: 0, stdout: answers[key] ?? '' });
    };
  }
}

const FAILED: CommandResult = { code: 1, stdout: '' };
