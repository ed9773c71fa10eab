/** Types of metric families. An `info` is a constant 1 with the information in its labels; its name ends in `_info`. */
export type FamilyType = 'gauge' | 'counter' | 'histogram' | 'info';

/** The name, type and help text of a metric family. */
export interface FamilyHead {
  /** The name in the text format: with `_total` for a counter, and `_info` for an info. */
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
}

/** An exposition format. */
export interface Format {
  readonly contentType: string;
  /** The lines before the samples of a family. */
  readonly head: (family: FamilyHead) => string;
  /** The upper bound of a histogram's bucket, in the form for its `le` label. */
  readonly bound: (le: string) => string;
  /** The last line of an exposition; empty if there is none. */
  readonly end: string;
}

/** The Prometheus text format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats. */
export const TEXT: Format = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  head: ({ name, type, help }) =>
    `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type === 'info' ? 'gauge' : type}\n`,
  bound: (le) => le,
  end: '',
};

/** OpenMetrics 1.0, https://prometheus.io/docs/specs/om/open_metrics_spec. */
export const OPENMETRICS: Format = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  head: (family) => {
    const name = baseName(family);
    const unit = unitOf(family, name);
    const help = escapeHelp(family.help).replaceAll('"', '\\"');
    return `# HELP ${name} ${help}\n# TYPE ${name} ${family.type}\n${unit === null ? '' : `# UNIT ${name} ${unit}\n`}`;
  },
  bound: (le) => (/^-?\d+$/.test(le) ? `${le}.0` : le),
  end: '# EOF\n',
};

const UNITS = ['seconds', 'bytes'] as const;

function baseName({ name, type }: FamilyHead): string {
  if (type === 'counter') return name.replace(/_total$/, '');
  return type === 'info' ? name.replace(/_info$/, '') : name;
}

function unitOf({ type }: FamilyHead, name: string): string | null {
  if (type === 'info') return null;
  return UNITS.find((unit) => name.endsWith(`_${unit}`)) ?? null;
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
