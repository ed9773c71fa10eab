import { isServerName, NAME_RULE } from '../model/name.ts';
import type { Registration, Target } from '../model/server.ts';
import type { ServerRecord } from './record.ts';

/** Why a registration is refused. */
export type RefusalCode = 'invalid_name' | 'name_taken' | 'socket_taken' | 'ignored' | 'limit';

/** A registration that is refused, and why in words. */
export interface RefusedRegistration {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

/** What came of a registration. */
export type RegistrationResult =
  | { readonly kind: 'registered' | 'unchanged'; readonly record: ServerRecord }
  | RefusedRegistration;

/** What came of a deregistration. */
export type DeregistrationResult =
  | { readonly kind: 'deregistered' }
  | { readonly kind: 'refused'; readonly code: 'unknown_server'; readonly message: string };

const STRENGTH: Record<Registration, number> = { discovered: 0, api: 1, static: 2 };

/** Whether a registration takes the place of another one. */
export function isStronger(a: Registration, b: Registration): boolean {
  return STRENGTH[a] > STRENGTH[b];
}

/** Why `target` cannot be registered, as far as that does not depend on others. */
export function refuseTarget({ name }: Target): RefusedRegistration | null {
  return isServerName(name) ? null : refused('invalid_name', `"${name}" is not a server name: expected ${NAME_RULE}`);
}

/** Why `target` cannot be registered beside one that has its name or is its server; null where it takes that one's place. */
export function refuseBeside(target: Target, rival: Target, isSameServer: boolean): RefusedRegistration | null {
  if (isStronger(target.registration, rival.registration)) return null;
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

/** A refusal. */
export function refused(code: RefusalCode, message: string): RefusedRegistration {
  return { kind: 'refused', code, message };
}
