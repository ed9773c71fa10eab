import { FieldType, getFieldDisplayName } from '@grafana/data';
import { BigValue, BigValueGraphMode } from '@grafana/ui';
import type { Canvas } from './prepare.ts';

/** The numbers of a stat panel, side by side. */
export function Stat({ drawn: { panel, frames }, width, height, theme }: Canvas) {
  const values = frames.flatMap((frame) =>
    frame.fields.flatMap((field) =>
      field.type === FieldType.number && field.display
        ? [{ ...field.display(field.values.at(-1)), title: getFieldDisplayName(field, frame, frames) }]
        : [],
    ),
  );
  return (
    <div style={{ display: 'flex' }}>
      {values.map((value) => (
        <BigValue
          key={value.title}
          value={value}
          width={width / values.length}
          height={height}
          theme={theme}
          colorMode={panel.options.colorMode}
          graphMode={BigValueGraphMode.None}
          textMode={panel.options.textMode}
          justifyMode={panel.options.justifyMode}
        />
      ))}
    </div>
  );
}
