import { basename } from 'node:path';
import type { Terminal } from './terminal.ts';

/** A SIGHUP within this time after the terminal was found to be gone is the one that reports it. */
const HANGUP_MS = 1_000;

/** Whether nohup started us, so that we outlive our terminal. Node restores the action of a signal that nohup had ignored. */
export function isStartedByNohup({ env, hasNohupInput }: Terminal): boolean {
  // Shells name the command that they started, which is another one in `env A=b nohup …`. The shell of a script may name none.
  return basename(env['_'] ?? '') === 'nohup' || hasNohupInput();
}

/** Returns a function that says whether a SIGHUP that has just come reports that our terminal was closed; otherwise a person sent it. */
export function hangupCheck({ hasHungUp, environment }: Terminal): () => boolean {
  if (hasHungUp === null) return () => false;
  let goneAt: number | null = null;
  const look = () => {
    if (goneAt !== null || !hasHungUp()) return;
    goneAt = environment.monotonicMs();
    clearInterval(timer);
  };
  const timer = setInterval(look, HANGUP_MS).unref();
  return () => {
    look();
    return goneAt !== null && environment.monotonicMs() - goneAt < HANGUP_MS;
  };
}
