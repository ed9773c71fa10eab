import type { Command } from 'commander';
import { nearest } from '../config/nearest.ts';
import { UsageError } from './usage-error.ts';

/** Throws a {@link UsageError} for an unknown command, and suggests the most similar one. A flag, or no word, is fine. */
export function refuseUnknownCommand(word: string | undefined, commands: readonly Command[]): void {
  if (word === undefined || word.startsWith('-')) return;
  const names = ['help', ...commands.map((command) => command.name())];
  if (names.includes(word)) return;
  const meant = nearest(word, names);
  const cure = meant === null ? '"tmux-exporter --help" lists the commands' : `did you mean "${meant}"?`;
  throw new UsageError(`unknown command ${JSON.stringify(word)}: ${cure}`);
}

/** Throws a {@link UsageError} for a misspelt flag of the program itself. commander would suggest only flags of the default command. */
export function refuseMisspeltFlag(word: string | undefined, program: Command): void {
  const flags = program.options.flatMap(({ long }) => long ?? []);
  if (word === undefined || !word.startsWith('--') || flags.includes(word)) return;
  const meant = nearest(word, flags);
  if (meant !== null) throw new UsageError(`unknown option ${JSON.stringify(word)}: did you mean "${meant}"?`);
}

/** Throws a {@link UsageError} for the first of the words that the default command got, which takes none. One may be a misspelt command, or a command after flags: "--log.level debug wach". */
export function refuseWords([word]: readonly string[], commands: readonly Command[]): void {
  if (word === undefined) return;
  refuseUnknownCommand(word, commands);
  const rule = word.startsWith('-') ? 'flags come before --' : 'a command comes before flags and --';
  throw new UsageError(`serve: expected no further words, found ${JSON.stringify(word)}: ${rule}`);
}
