import type { DashboardLink } from '@grafana/grafana-foundation-sdk/dashboard';
import type { DataLink } from '../links.ts';

/** Links of a field, as builders take them. Their type is that of dashboard links, of which a field uses these three. */
export function dataLinks(link: DataLink | undefined): { build: () => DashboardLink }[] {
  return link ? [{ build: () => ({ ...link, targetBlank: false }) as DashboardLink }] : [];
}
