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
  const closed = previous.filter(({ id }) => !after.has(id));
  return [
    ...closed.map((session): SessionChange => ({ kind: 'closed', session })),
    ...next.flatMap((session) => changeOf(before.get(session.id), session)),
  ];
}

function changeOf(before: SessionReference | undefined, session: SessionReference): SessionChange[] {
  if (!before) return [{ kind: 'created', session }];
  if (before.name === session.name) return [];
  return [{ kind: 'renamed', session, previousName: before.name }];
}

function byId(sessions: readonly SessionReference[]): Map<string, SessionReference> {
  return new Map(sessions.map((session) => [session.id, session]));
}
