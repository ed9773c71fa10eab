import {
  FieldColorBuilder,
  FieldColorModeId,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';

/** A threshold: the value from which it applies, its colour, and its meaning in words. */
export interface Level {
  readonly from: number;
  readonly color: 'green' | 'yellow' | 'orange' | 'red';
  /** The value in words, as in `10 seconds`. */
  readonly text: string;
  readonly means: string;
}

/** The thresholds of some levels, and the colour of lower values. */
export function thresholds(levels: readonly Level[], below: string): ThresholdsConfigBuilder {
  const steps: Threshold[] = [{ value: null, color: below }];
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([...steps, ...levels.map(({ from, color }) => ({ value: from, color }))]);
}

/** Colours a value by its level. */
export function byThresholds(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}

/** The description with the meaning of the colours in words. */
export function withLevels(description: string, levels: readonly Level[]): string {
  const sentences = levels.map(({ color, text, means }) => `${capital(color)} from ${text}: ${means}.`);
  return [description, ...sentences].join(' ');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
