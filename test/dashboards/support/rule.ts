import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';

/** Something that has to hold for every dashboard. */
export interface Rule {
  readonly name: string;
  /** What breaks it; empty if nothing does. */
  readonly problems: (dashboard: Dashboard) => string[];
}
