import type * as bargauge from '@grafana/grafana-foundation-sdk/bargauge';
import type {
  Dashboard,
  DashboardLink,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as statetimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

/** A type as JSON has it: an enumeration is one of its values, a method is not there. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number
    ? `${T}` extends `${infer N extends number}`
      ? N
      : number
    : T extends readonly (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { [Key in keyof T as T[Key] extends () => void ? never : Key]: Json<T[Key]> }
        : T;

type Query = Json<Omit<Dataquery, '_implementsDataqueryVariant'>>;

/** The links of a field have a title, a URL, and whether they open a new tab; the SDK gives them the type of dashboard links. */
type FieldLink = Pick<DashboardLink, 'title' | 'url' | 'targetBlank'>;

type Defaults<Custom> = Json<Omit<FieldConfig, 'custom' | 'links'>> & { links?: FieldLink[]; custom?: Json<Custom> };

type Fields<Custom> = {
  defaults: Defaults<Custom>;
  overrides: Json<FieldConfigSource['overrides']>;
};

type Typed<Type extends string, Options, Custom> = Json<Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'>> & {
  type: Type;
  options: Json<Options>;
  fieldConfig: Fields<Custom>;
  targets: Query[];
};

type AnyPanel =
  | Typed<'stat', stat.Options, never>
  | Typed<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Typed<'table', table.Options, Partial<table.FieldConfig>>
  | Typed<'state-timeline', statetimeline.Options, statetimeline.FieldConfig>
  | Typed<'bargauge', bargauge.Options, never>;

type Row = Json<Omit<RowPanel, 'panels'>> & { panels: AnyPanel[] };

type Annotations = {
  list?: (Json<Omit<NonNullable<Dashboard['annotations']['list']>[number], 'target'>> & { target?: Query })[];
};

/** A classic dashboard with our types of panels, each with the options of its own plugin and nothing that these do not have. */
export type StrictDashboard = Json<Omit<Dashboard, 'panels' | 'annotations'>> & {
  panels: (AnyPanel | Row)[];
  annotations: Annotations;
};
