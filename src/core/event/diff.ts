import type { SessionReference } from './event.ts';

/** A change of a session between two polls of one life. */
export type SessionChange =
  | { readonly kind: 'created'; readonly session: SessionReference }
  | { readonly kind: 'closed'; readonly session: SessionReference }
  | { readonly kind: 'renamed'; readonly session: SessionReference; readonly previousName: string };

/** The changes of sessions between two polls: closed ones first, then renamed and created ones in the order of `next`. Sessions are matched by id. */
export function diffSessions(
  previous: readonly SessionReference[],
  next: readonly SessionReference[],
): SessionChange[] {
  const before = byId(previous);
  const after = byId(next);
  const changes: SessionChange[] = [];
  for (const session of previous) if (!after.has(session.id)) changes.push({ kind: 'closed', session });
  for (const session of next) {
    const change = changeOf(before.get(session.id), session);
    if (change) changes.push(change);
  }
  return changes;
}

function changeOf(before: SessionReference | undefined, session: SessionReference): SessionChange | null {
  if (!before) return { kind: 'created', session };
  return before.name === session.name ? null : { kind: 'renamed', session, previousName: before.name };
}

function byId(sessions: readonly SessionReference[]): Map<string, SessionReference> {
  const found = new Map<string, SessionReference>();
  for (const session of sessions) found.set(session.id, session);
  return found;
}
