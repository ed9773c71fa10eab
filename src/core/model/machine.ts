/** What tells a machine, and its boot, from every other. Each part alone can lie: clones share a machine id, strangers a host name, and a host can be renamed. */
export interface Machine {
  readonly host: string;
  /** As in `/etc/machine-id`; null if there is none. */
  readonly machineId: string | null;
  /** Changes with each boot; null where the platform has none. */
  readonly bootId: string | null;
}

/** What is known of the machine that kept something; each part is null if it was not kept. */
export type KeptMachine = { readonly [Part in keyof Machine]: Machine[Part] | null };

/** Whether something was kept by this machine: `other` is certain, `unknown` may be a machine that was renamed and restarted, or a clone of it. */
export type Ownership = 'own' | 'other' | 'unknown';

/** Whose it is what a machine kept. Containers on one kernel share a boot, and mostly have no machine id: one that was made anew has another host name. */
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
