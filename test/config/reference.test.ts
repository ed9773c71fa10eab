import { describe, expect, it } from '@jest/globals';
import { configReference } from '../../src/config/reference.ts';
import { OPTIONS } from '../../src/config/schema.ts';

describe('the reference', () => {
  it('has a row of key, flag, variable, values, default and meaning', () => {
    expect(configReference()).toContain(
      '| `poll.timeout` | `--poll.timeout` | `TMUX_EXPORTER_POLL_TIMEOUT` | 10ms to 1h | `2s` | How long a server may take to answer a poll. |',
    );
  });

  it('has the same number of cells in every row', () => {
    const rows = configReference().match(/^\|.*\|$/gm) ?? [];
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length))).toEqual(new Set([8]));
  });

  it('has a heading for each section of the file, in its order', () => {
    expect([...configReference().matchAll(/^## (.*)$/gm)].map(([, name]) => name)).toEqual(Object.keys(OPTIONS));
  });
});
