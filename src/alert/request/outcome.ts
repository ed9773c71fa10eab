/** The result of an attempt. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** How long the receiver asks us to wait, in milliseconds; null if it does not ask. */
      readonly retryAfterMs: number | null;
      /** Its message, without anything secret; null if it sent none. */
      readonly excerpt: string | null;
    }
  /** Nothing answered. `problem` says why, without a secret. */
  | { readonly kind: 'unanswered'; readonly problem: string }
  /** It was not sent: nothing may be sent to the address, or the message could not be written. */
  | { readonly kind: 'unsendable'; readonly problem: string };

/** Says what went wrong; null if nothing did. */
export function problemOf(outcome: Outcome): string | null {
  if (outcome.kind !== 'answered') return outcome.problem;
  const { status, excerpt } = outcome;
  if (isSuccess(status)) return null;
  return `answered ${status}${excerpt === null ? '' : ` (${excerpt})`}${HINTS.get(status) ?? hintOf(status)}`;
}

/** Whether a status means that the message arrived. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

const HINTS = new Map([
  [401, ': it wants other credentials'],
  [403, ': it wants other credentials'],
  [404, ': nothing is at this URL any more'],
  [410, ': this URL was shut down for good, so the receiver is off until the configuration is read again'],
]);

function hintOf(status: number): string {
  return status >= 300 && status < 400 ? ': redirects are not followed, configure the URL that it leads to' : '';
}
