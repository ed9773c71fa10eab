import { describe, expect, it } from '@jest/globals';
import { GONE_REASONS } from '../../src/core/model/server.ts';
import { committedDashboards } from './support/committed.ts';

interface Override {
  readonly matcher: { readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}
interface Panel {
  readonly title: string;
  readonly gridPos: { readonly w: number };
  readonly fieldConfig: { readonly overrides: readonly Override[] };
}

/** Width of a small screen, and of a column of a table at least. */
const SCREEN = 1280;
const COLUMN = 80;

describe('The fleet dashboard', () => {
  it('colours losses by the severity of their reason', () => {
    const colors = new Map(
      panel('Losses by server and reason').fieldConfig.overrides.map(({ matcher, properties }) => [
        matcher.options,
        properties.find(({ id }) => id === 'color')?.value as { fixedColor: string },
      ]),
    );
    const colorOf = (reason: string) => colors.get(`/^${reason}\\b/`)?.fixedColor;
    expect(GONE_REASONS.filter((reason) => colorOf(reason)?.endsWith('red'))).toEqual(['crashed', 'rebooted', 'lost']);
    expect(GONE_REASONS.filter((reason) => colorOf(reason)?.endsWith('blue'))).toEqual(['exited', 'replaced']);
  });

  it('shows every column of the log of deaths on a small screen', () => {
    const { gridPos, fieldConfig } = panel('Gone: when, why, and what it cost');
    const widths = fieldConfig.overrides.flatMap(({ properties }) =>
      properties.filter(({ id }) => id === 'custom.width').map(({ value }) => value as number),
    );
    expect(widths).toHaveLength(7);
    expect(widths.reduce((sum, width) => sum + width, COLUMN)).toBeLessThan((SCREEN / 24) * gridPos.w - 16);
  });
});

function panel(title: string): Panel {
  const dashboard = committedDashboards().find(({ name }) => name === 'fleet');
  const found = ((dashboard?.panels ?? []) as unknown as Panel[]).find((candidate) => candidate.title === title);
  if (!found) throw new Error(`no panel ${title}`);
  return found;
}
