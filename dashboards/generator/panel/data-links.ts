import type { DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataLink } from '../links.ts';

/** Links of a field, in the form for builders. Their type is that of dashboard links; a field uses only these three properties. */
export function dataLinks(link: DataLink | undefined): { build: () => DashboardLink }[] {
  return link ? [{ build: () => ({ ...link, targetBlank: false }) as DashboardLink }] : [];
}
