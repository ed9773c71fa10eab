import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { annotations } from './annotations.ts';
import { menu, TAG } from './links.ts';
import { recordedExporters, variables } from './variables.ts';

/** The parts of a dashboard that differ from the others. */
export interface Contents {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly (Panel | RowPanel)[];
  /** Variables that none of its panels uses. */
  readonly hidden?: readonly string[];
  /** Whether it reads what the recording rules made, if many exporters are chosen. */
  readonly isForMany?: boolean;
}

/** Makes a dashboard in the classic form, which every Grafana since 10 reads from a file. */
export function dashboard({ uid, title, description, panels, hidden = [], isForMany = false }: Contents): Dashboard {
  const built = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .readonly()
    .timezone('browser')
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([...variables(hidden), ...(isForMany ? [recordedExporters()] : [])])
    .annotations(annotations())
    .link(menu())
    .build();
  return outsideTheMenu({ ...built, panels: [...panels] });
}

/** Shows marks and links directly. By default, the SDK hides them in a menu. */
function outsideTheMenu(dashboard: Dashboard): Dashboard {
  const marks = (dashboard.annotations.list ?? []).map(({ placement, builtIn, ...mark }) => mark);
  const links = (dashboard.links ?? []).map(({ placement, ...link }) => link);
  return { ...dashboard, annotations: { list: marks }, links };
}
