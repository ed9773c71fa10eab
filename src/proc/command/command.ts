/** The stdout and exit code of a command that only reads; the code is null if it was killed or could not be started. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs a command that only reads, without a shell, and kills it after `timeoutMs`. It never rejects. */
export type RunCommand = (file: string, args: readonly string[], timeoutMs: number) => Promise<CommandResult>;

/** Timeout of the commands that ask systemd. */
export const ANSWER_TIMEOUT_MS = 3_000;

/** Runs a command and returns its stdout; null if it fails. */
export async function answerOf(run: RunCommand, file: string, args: readonly string[]): Promise<string | null> {
  const { code, stdout } = await run(file, args, ANSWER_TIMEOUT_MS);
  return code === 0 ? stdout : null;
}
