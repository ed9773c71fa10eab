import { describe, expect, it } from '@jest/globals';
import { differences, type FoundSettings } from '../../../src/bus/stream/differences.ts';
import { wantedStreams } from '../../../src/bus/stream/streams.ts';

const [events, hosts] = wantedStreams({
  prefix: 'tmux',
  replicas: 3,
  maxAgeMs: 604_800_000,
  maxBytes: 4_294_967_296,
});

/** What nats-server 2.15 adds to each stream. */
const ADDED = {
  max_consumers: -1,
  max_msgs: -1,
  compression: 'none',
  mirror_direct: false,
  sealed: false,
  deny_purge: false,
  allow_rollup_hdrs: false,
  consumer_limits: {},
  allow_msg_ttl: false,
  metadata: { '_nats.level': '5' },
};

/** The settings that are wrong of the stream of events, without why they matter. */
function wrongOf(change: FoundSettings): string[] {
  const wrong = events ? differences(events, { ...ADDED, ...events.settings, ...change }) : null;
  return (wrong?.texts ?? []).flatMap((text) => /^expected .*?(?=: )/.exec(text) ?? []);
}

describe('A stream', () => {
  it('that has the wanted settings, and the defaults of the server beside them, does not differ', () => {
    expect(wrongOf({})).toEqual([]);
    expect(hosts && differences(hosts, { ...ADDED, max_bytes: -1, deny_delete: true, ...hosts.settings })).toBeNull();
  });

  it('differs by each wrong and each missing setting, and the cure says what to do', () => {
    expect(events && differences(events, { ...events.settings, num_replicas: 1, allow_direct: undefined })).toEqual({
      texts: [
        'expected num_replicas 3, found 1: fewer servers hold each message',
        'expected allow_direct true, found none: exporters cannot ask for their last event',
      ],
      cure: 'change it with "nats stream edit TMUX_EVENTS", or delete it, which loses its messages, and run "tmux-exporter bus init" again',
    });
  });

  it.each([
    [{ allow_rollup_hdrs: true }, 'expected allow_rollup_hdrs false, found true'],
    [{ no_ack: true }, 'expected no_ack false, found true'],
    [{ max_msgs: 5 }, 'expected max_msgs -1, found 5'],
    [{ max_msgs_per_subject: -1 }, 'expected max_msgs_per_subject 1000, found -1'],
    [{ max_msg_size: 100 }, 'expected max_msg_size 8192, found 100'],
    [{ max_bytes: 1_000 }, 'expected max_bytes 4294967296, found 1000'],
    [{ max_age: 1_000 }, 'expected max_age 604800000000000, found 1000'],
    [{ duplicate_window: 1_000 }, 'expected duplicate_window 120000000000, found 1000'],
    [{ retention: 'interest' }, 'expected retention "limits", found "interest"'],
    [{ discard: 'new' }, 'expected discard "old", found "new"'],
    [{ storage: 'memory' }, 'expected storage "file", found "memory"'],
    [{ sealed: true }, 'expected sealed false, found true'],
    [{ allow_msg_ttl: true }, 'expected allow_msg_ttl false, found true'],
    [{ allow_msg_schedules: true }, 'expected allow_msg_schedules false, found true'],
    [{ persist_mode: 'async' }, 'expected persist_mode "default", found "async"'],
    [{ mirror: { name: 'x' } }, 'expected no mirror, found {"name":"x"}'],
    [{ sources: [{ name: 'x' }] }, 'expected no sources, found [{"name":"x"}]'],
    [{ subject_transform: { src: '', dest: 'x' } }, 'expected no subject_transform, found {"src":"","dest":"x"}'],
    [{ republish: { dest: 'x' } }, 'expected no republish, found {"dest":"x"}'],
    [{ subjects: ['tmux.>'] }, 'expected subjects ["tmux.events.*.*"], found ["tmux.>"]'],
  ])('differs by %j', (change, line) => {
    expect(wrongOf(change)).toEqual([line]);
  });

  it.each([
    { num_replicas: 5 },
    { max_age: 0 },
    { max_age: 604_800_000_000_001 },
    { max_bytes: -1 },
    { max_bytes: 4_294_967_297 },
    { placement: { tags: ['x'] } },
    { description: 'events', metadata: { team: 'a' } },
    { compression: 's2' },
    { sources: [], mirror: null, persist_mode: 'default' },
  ])('does not differ by what an operator may choose: %j', (change) => {
    expect(wrongOf(change)).toEqual([]);
  });

  it('of hosts has room for all of them, and lets hubs forget one', () => {
    const found = { ...ADDED, ...hosts?.settings, max_bytes: 1_000, deny_purge: true };
    expect(hosts && differences(hosts, found)).toEqual({
      texts: [
        'expected max_bytes 327680000, found 1000: hosts are dropped that are not too old',
        'expected deny_purge false, found true: hubs cannot forget hosts',
      ],
      cure: 'it cannot be changed any more: delete it, which loses its messages, and run "tmux-exporter bus init" again',
    });
  });
});
