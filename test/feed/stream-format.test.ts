import { describe, expect, it } from '@jest/globals';
import { LocalEvent } from '../../src/feed/source/feed-event.ts';
import { ndjson, sse } from '../../src/feed/stream-format.ts';
import { newLog, registeredDraft, sessionDraft } from './support/events.ts';

const log = newLog();
const event = new LocalEvent(log.append(registeredDraft('work'), Date.UTC(2026, 0, 2)), 'e');

describe('server-sent events', () => {
  it('writes an event as id, event and one line of data', () => {
    expect(sse.event(event)).toBe(
      'id: e-1\nevent: server-registered\ndata: {"v":1,"id":"e-1","type":"server-registered",' +
        '"time":"2026-01-02T00:00:00.000Z","severity":"info","host":"box","boot_id":null,"server":{"name":"work",' +
        '"socket":"/tmp/tmux-1000/work","uid":1000,"pid":42,"started_at":null,"version":"3.5a",' +
        '"registration":"discovered"},"incident":null,"title":"work registered","body":""}\n\n',
    );
  });

  it('keeps line breaks of a text within the data', () => {
    const block = sse.event(
      new LocalEvent(newLog().append(sessionDraft('work', 'info', 'a\r\nid: e-9\n\nb\u2028c'), 0), 'e'),
    );
    expect(block.match(/\r|\n/g)).toEqual(['\n', '\n', '\n', '\n']);
    expect(block.endsWith('}\n\n')).toBe(true);
  });

  it('gives the hello the id to go on from, and no id to other messages', () => {
    const hello = { type: 'hello', id: 'e-4', epoch: 'e', host: 'box', head: 'e-7', oldest: 'e-1' } as const;
    expect(sse.message({ ...hello, heartbeat_ms: 15_000, resumed: true, replayed: 3 })).toBe(
      'id: e-4\nevent: hello\ndata: {"type":"hello","id":"e-4","epoch":"e","host":"box","head":"e-7","oldest":"e-1",' +
        '"heartbeat_ms":15000,"resumed":true,"replayed":3}\n\n',
    );
    expect(sse.message({ type: 'gap', reason: 'evicted', missed: 12 })).toBe(
      'event: gap\ndata: {"type":"gap","reason":"evicted","missed":12}\n\n',
    );
  });

  it('writes a heartbeat as an id and a comment', () => {
    expect(sse.heartbeat('e-7', null)).toBe('id: e-7\n: heartbeat\n\n');
  });

  it('says in a heartbeat for how long the source is down, and gives no id before the stream begins', () => {
    expect(sse.heartbeat('e-7', 12)).toBe('id: e-7\n: heartbeat\n: source down 12s\n\n');
    expect(sse.heartbeat(null, null)).toBe(': heartbeat\n\n');
    expect(ndjson.heartbeat('e-7', 12)).toBe('{"type":"heartbeat","id":"e-7","source_down_seconds":12}\n');
    expect(ndjson.heartbeat(null, null)).toBe('{"type":"heartbeat"}\n');
  });

  it('writes a retry', () => {
    expect(sse.retry(2_500)).toBe('retry: 2500\n\n');
  });
});

describe('NDJSON', () => {
  it('writes an event as its JSON on a line', () => {
    expect(ndjson.event(event)).toBe(`${event.json}\n`);
  });

  it('writes messages and heartbeats as objects of their own type', () => {
    expect(ndjson.message({ type: 'bye', reason: 'shutdown', retry_ms: 1_500 })).toBe(
      '{"type":"bye","reason":"shutdown","retry_ms":1500}\n',
    );
    expect(ndjson.heartbeat('e-7', null)).toBe('{"type":"heartbeat","id":"e-7"}\n');
  });

  it('adds the cursor to an event of a fleet, whose id is that of its host', () => {
    const json = '{"id":"e-7","name":"a"}';
    expect(ndjson.event({ cursor: '0123456789ab-3.0f0f', name: 'a', type: 'server-up', json })).toBe(
      '{"id":"e-7","name":"a","cursor":"0123456789ab-3.0f0f"}\n',
    );
  });

  it('has no word for a retry', () => {
    expect(ndjson.retry(2_500)).toBe('');
  });
});
