import { describe, expect, it } from '@jest/globals';
import { differences, wantedStreams } from '../../../src/bus/stream/streams.ts';

const [events] = wantedStreams({ prefix: 'tmux', replicas: 3, maxAgeMs: 604_800_000, maxBytes: 4_294_967_296 });

describe('A stream', () => {
  it('that has the wanted settings, and others beside them, does not differ', () => {
    expect(events && differences(events, { ...events.settings, placement: null })).toEqual([]);
  });

  it('differs by each wrong and each missing setting', () => {
    expect(events && differences(events, { ...events.settings, num_replicas: 1, allow_direct: undefined })).toEqual([
      'TMUX_EVENTS: expected num_replicas 3, found 1',
      'TMUX_EVENTS: expected allow_direct true, found false',
    ]);
  });
});
