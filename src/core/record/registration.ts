import { isServerName, NAME_RULE } from '../model/name.ts';
import type { Registration, Target } from '../model/server.ts';
import { printable, shorten } from '../text.ts';
import type { ServerRecord } from './record.ts';

const LONGEST_SHOWN = 80;

/** Why a registration is refused. */
export type RefusalCode = 'invalid_name' | 'name_taken' | 'socket_taken' | 'ignored' | 'limit';

/** A refused registration, with the reason in words. */
export interface RefusedRegistration {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

/** The result of a registration. */
export type RegistrationResult =
  | { readonly kind: 'registered' | 'unchanged'; readonly record: ServerRecord }
  | RefusedRegistration;

/** The result of a deregistration. */
export type DeregistrationResult =
  | { readonly kind: 'deregistered' }
  | { readonly kind: 'refused'; readonly code: 'unknown_server'; readonly message: string };

const STRENGTH: Record<Registration, number> = { discovered: 0, api: 1, static: 2 };

/** Whether registration `a` replaces registration `b`. */
export function isStronger(a: Registration, b: Registration): boolean {
  return STRENGTH[a] > STRENGTH[b];
}

/** Why `target` cannot be registered, whatever else is registered; null if it can. */
export function refuseTarget({ name }: Target): RefusedRegistration | null {
  return isServerName(name)
    ? null
    : refused(
        'invalid_name',
        `"${shorten(printable(name), LONGEST_SHOWN)}" is not a server name: expected ${NAME_RULE}`,
      );
}

/** Why `target` cannot be registered beside one that has its name or is its server; null if it takes that one's place. Only the configuration takes a name from another server. */
export function refuseBeside(target: Target, rival: Target, isSameServer: boolean): RefusedRegistration | null {
  const isNameOfOther = !isSameServer && target.registration === 'api';
  if (isStronger(target.registration, rival.registration) && !isNameOfOther) return null;
  if (isSameServer) {
    const asked = target.given ?? target.socket;
    const other = asked === rival.socket ? '' : `leads to ${rival.socket}, which `;
    return refused('socket_taken', `${asked} ${other}is already registered as "${rival.name}"`);
  }
  return refused(
    'name_taken',
    `"${target.name}" is already the name of ${rival.socket}: choose another name for ${target.socket}`,
  );
}

/** Makes a refused registration. */
export function refused(code: RefusalCode, message: string): RefusedRegistration {
  return { kind: 'refused', code, message };
}
