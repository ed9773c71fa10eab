import { FieldType, getFieldDisplayName, VizOrientation } from '@grafana/data';
import { BarGauge } from '@grafana/ui';
import type { Canvas } from './prepare.ts';

const MOST_HEIGHT = 44;

/** The bars of a bar gauge, below each other. */
export function Bars({ drawn: { panel, frames }, width, height, theme }: Canvas) {
  const values = frames.flatMap((frame) =>
    frame.fields.flatMap((field) =>
      field.type === FieldType.number && field.display
        ? [
            {
              field,
              value: { ...field.display(field.values.at(-1)), title: getFieldDisplayName(field, frame, frames) },
            },
          ]
        : [],
    ),
  );
  const max = Math.max(...values.map(({ value }) => value.numeric));
  const titles = values.map(({ value }) => value.title);
  const longest = titles.reduce((a, b) => (b.length > a.length ? b : a), '');
  return (
    <div>
      {values.map(({ field, value }) => (
        <div key={value.title} style={{ marginBottom: 6 }}>
          <BarGauge
            width={width}
            height={Math.min(MOST_HEIGHT, height / values.length - 6)}
            theme={theme}
            field={{ ...field.config, min: 0, max }}
            {...(field.display ? { display: field.display } : {})}
            value={value}
            orientation={VizOrientation.Horizontal}
            displayMode={panel.options.displayMode}
            valueDisplayMode={panel.options.valueMode}
            namePlacement={panel.options.namePlacement}
            showUnfilled={panel.options.showUnfilled}
            text={panel.options.text}
            alignmentFactors={{ title: longest, text: value.text }}
          />
        </div>
      ))}
    </div>
  );
}
