/** The identity of a machine and of its boot. No part is enough alone: clones share a machine id, strangers can share a host name, and a host can be renamed. */
export interface Machine {
  readonly host: string;
  /** As in `/etc/machine-id`; null if there is none. */
  readonly machineId: string | null;
  /** Changes with each boot; null if the platform has none. */
  readonly bootId: string | null;
}

/** The stored identity of the machine that wrote a store. A part is null if it was not stored. */
export type KeptMachine = { readonly [Part in keyof Machine]: Machine[Part] | null };

/** Whether this machine wrote a store. `other` is certain; `unknown` may be this machine after a new name and a restart, or a clone of it. */
export type Ownership = 'own' | 'other' | 'unknown';

/** Decides whether this machine wrote a store. A container that was made anew has another host name and mostly no machine id, but it shares the boot with all containers on its kernel. */
export function ownershipOf(kept: KeptMachine, present: Machine): Ownership {
  if (kept.machineId !== null && present.machineId !== null && kept.machineId !== present.machineId) return 'other';
  const isSameBoot = kept.bootId !== null && kept.bootId === present.bootId;
  const isSameHost = kept.host !== null && hostLabel(kept.host) === hostLabel(present.host);
  return isSameBoot || isSameHost ? 'own' : 'unknown';
}

/** A host name without its domain, which can change with the network. */
export function hostLabel(host: string): string {
  return host.split('.')[0] ?? '';
}
