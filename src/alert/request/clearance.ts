import { type Clearance, clear, type Resolve, refusalByUrl } from './address-guard.ts';
import type { UsableRoute } from './proxy.ts';

/** Checks whether a request to a URL may take a route, and resolves the host that is connected to. Rejects if it has no address. */
export async function clearRoute(url: URL, route: UsableRoute, resolve: Resolve): Promise<Clearance> {
  if (route.kind === 'direct') return clear(url, resolve);
  // The proxy resolves the name.
  const refusal = refusalByUrl(url);
  if (refusal !== null) return { kind: 'refused', problem: refusal };
  const clearance = await clear(route.url, resolve);
  return clearance.kind === 'refused' ? { ...clearance, problem: `its proxy: ${clearance.problem}` } : clearance;
}
