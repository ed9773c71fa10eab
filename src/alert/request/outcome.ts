/** What came of an attempt. */
export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** How long the receiver asks us to wait, in milliseconds; null where it does not. */
      readonly retryAfterMs: number | null;
      /** What it said, in a form that cannot hold a secret; null where that was nothing. */
      readonly excerpt: string | null;
    }
  /** Nothing answered: what went wrong, in words without a secret. */
  | { readonly kind: 'unanswered'; readonly problem: string }
  /** We did not send it: the address is one that nothing may be sent to, or the configuration cannot be used. */
  | { readonly kind: 'unsendable'; readonly problem: string };

/** What went wrong, in words for a person; null where nothing did. */
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
