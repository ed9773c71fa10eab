import { type DashboardLink, DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

/** The fixed uids of the dashboards. */
export const UIDS = { fleet: 'tmux-fleet', server: 'tmux-server', exporter: 'tmux-exporter' } as const;

/** The tag of all dashboards, by which their menu finds them. */
export const TAG = 'tmux';

/** A link of a cell or a series. It opens in the same tab. */
export interface DataLink {
  readonly title: string;
  readonly url: string;
}

/** The menu of the dashboards. It keeps the time and all variables. */
export function menu(): { build: () => DashboardLink } {
  return new DashboardLinkBuilder('tmux dashboards')
    .type(DashboardLinkType.Dashboards)
    .icon('external link')
    .tooltip('The other dashboards, with the same time and the same choice')
    .tags([TAG])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

/** Where a link takes its server from: the fields of a row, or the labels of a series. */
const ROW = {
  instance: '${__data.fields.Instance:percentencode}',
  server: '${__data.fields.Server:percentencode}',
  session: '${__data.fields.Session:percentencode}',
} as const;
const SERIES = {
  instance: '${__field.labels.instance:percentencode}',
  server: '${__field.labels.server:percentencode}',
} as const;

const KEPT = '${datasource:queryparam}&${cluster:queryparam}&${job:queryparam}';
const SAME_TIME = '${__url_time_range}';

/** Links a row to its server, at the same time. */
export function serverOfRow(): DataLink {
  return serverLink('Open this server', `${chosen(ROW)}&${SAME_TIME}`);
}

/** Links a row to the servers of its host, at the same time. */
export function hostOfRow(): DataLink {
  const host = '${__data.fields.Host:percentencode}';
  return serverLink('Open the servers of this host', `var-instance=${host}&${SAME_TIME}`);
}

/** Links a row to its session, at the same time. */
export function sessionOfRow(): DataLink {
  return serverLink('Open this session', `${chosen(ROW)}&var-session=${ROW.session}&${SAME_TIME}`);
}

/** Links a row to its server at the time of the row, which is in the hidden columns `From` and `To`. */
export function momentOfRow(): DataLink {
  const time = 'from=${__data.fields.From.numeric}&to=${__data.fields.To.numeric}';
  return serverLink('Open this server at that moment', `${chosen(ROW)}&${time}`);
}

/** Links a series to its server, at the same time. */
export function serverOfSeries(): DataLink {
  return serverLink('Open this server', `${chosen(SERIES)}&${SAME_TIME}`);
}

/** Links to the dashboard of the exporter, with the same time and variables. */
export function exporterLink(): DataLink {
  return {
    title: 'Open the exporter',
    url: `/d/${UIDS.exporter}?${KEPT}&\${instance:queryparam}&\${server:queryparam}&${SAME_TIME}`,
  };
}

function serverLink(title: string, rest: string): DataLink {
  return { title, url: `/d/${UIDS.server}?${KEPT}&${rest}` };
}

function chosen({ instance, server }: { readonly instance: string; readonly server: string }): string {
  return `var-instance=${instance}&var-server=${server}`;
}
