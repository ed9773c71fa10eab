/** The properties of a field that our panels set, by their ids. Grafana registers them in its core, which no package has. */
const PROPERTIES = [
  'unit',
  'decimals',
  'min',
  'max',
  'noValue',
  'color',
  'thresholds',
  'mappings',
  'links',
  'custom.width',
  'custom.minWidth',
  'custom.hidden',
  'custom.align',
  'custom.cellOptions',
  'custom.drawStyle',
  'custom.lineWidth',
  'custom.lineStyle',
  'custom.fillOpacity',
  'custom.showPoints',
  'custom.stacking',
  'custom.hideFrom',
  'custom.thresholdsStyle',
  'custom.axisColorMode',
];

/** The items of a registry of field properties: each takes its value as it is. */
export function fieldConfigItems(): { id: string; name: string }[] {
  return PROPERTIES.map((id) => ({
    id,
    path: id.replace(/^custom\./, ''),
    name: id,
    isCustom: id.startsWith('custom.'),
    process: (value: unknown) => value,
    shouldApply: () => true,
  }));
}
