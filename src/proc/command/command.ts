/** How a command ended that we only ask something: its exit code, null where it was killed or could not be started, and its stdout. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs a command that only reads, without a shell, and kills it after `timeoutMs`. It never rejects. */
export type RunCommand = (file: string, args: readonly string[], timeoutMs: number) => Promise<CommandResult>;

/** How long systemd's tools have for an answer. */
export const ANSWER_TIMEOUT_MS = 3_000;

/** What a command prints; null where it fails. */
export async function answerOf(run: RunCommand, file: string, args: readonly string[]): Promise<string | null> {
  const { code, stdout } = await run(file, args, ANSWER_TIMEOUT_MS);
  return code === 0 ? stdout : null;
}
