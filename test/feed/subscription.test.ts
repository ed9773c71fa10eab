import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ndjson, sse } from '../../src/feed/stream-format.ts';
import { BadParameter, readSubscription } from '../../src/feed/subscription.ts';
import { runs } from '../support/sample/seed.ts';

function read(query: string, headers: Record<string, string> = {}) {
  return readSubscription(`/events${query}`, headers);
}

describe('a subscription', () => {
  it('asks for everything live, as server-sent events, when nothing is said', () => {
    expect(read('')).toEqual({
      format: sse,
      poll: false,
      scope: null,
      filter: { hosts: [], servers: [], types: [], severity: 'info' },
      lastEventId: null,
      since: null,
    });
  });

  it('takes servers repeated, separated by commas and percent-encoded', () => {
    expect(read('?server=work,alice%2F*&server=c%2B%2B').filter.servers).toEqual(['work', 'alice/*', 'c++']);
  });

  it('takes types and the least severity', () => {
    const { filter } = read('?type=server-gone,server-up&severity=warning');
    expect(filter).toEqual({ hosts: [], servers: [], types: ['server-gone', 'server-up'], severity: 'warning' });
  });

  it('takes a scope, and hosts of a fleet by name or pattern', () => {
    const { scope, filter } = read('?scope=fleet&host=build7,web-*&host=db1');
    expect([scope, filter.hosts]).toEqual(['fleet', ['build7', 'web-*', 'db1']]);
  });

  it('takes NDJSON by parameter or by Accept, the parameter first', () => {
    expect(read('?format=ndjson').format).toBe(ndjson);
    expect(read('', { accept: 'application/x-ndjson' }).format).toBe(ndjson);
    expect(read('?format=sse', { accept: 'application/x-ndjson' }).format).toBe(sse);
  });

  it.each([
    ['application/x-ndjson;q=0.1, text/event-stream', sse],
    ['text/event-stream, application/x-ndjson;q=0.5', sse],
    ['text/event-stream;q=0.5, application/x-ndjson', ndjson],
    ['application/x-ndjson;q=0', sse],
    ['*/*, application/x-ndjson;q=0', sse],
    ['Application/X-NDJSON, */*;q=0.1', ndjson],
    ['application/x-ndjson, text/event-stream', ndjson],
    ['text/event-stream, application/x-ndjson', sse],
    ['text/html, application/x-ndjson-2', sse],
    ['*/*', sse],
    ['', sse],
    [';;,q=', sse],
  ])('takes the format that is preferred by Accept: %s', (accept, format) => {
    expect(read('', { accept }).format).toBe(format);
  });

  it('takes the cursor from the header before the one from the URL, which a reconnecting client sends unchanged', () => {
    expect(read('?last_event_id=e-1').lastEventId).toBe('e-1');
    expect(read('?last_event_id=e-1', { 'last-event-id': 'e-2' }).lastEventId).toBe('e-2');
    expect(read('?last_event_id=').lastEventId).toBeNull();
  });

  it('takes the cursor as polyfills spell it, the last one if they added theirs to ours', () => {
    expect(read('?lastEventId=e-3').lastEventId).toBe('e-3');
    expect(read('?last_event_id=e-1&lastEventId=e-2').lastEventId).toBe('e-2');
    expect(read('?lastEventId=e-1&r=1&lastEventId=e-2').lastEventId).toBe('e-2');
    expect(read('?last_event_id=e-1&last_event_id=').lastEventId).toBe('e-1');
  });

  it.each(['?r=0.9182', '?_=1700000000000', '?nocache=1&t=2', '?servers=work'])(
    'lets be what it does not know: %s',
    (query) => expect(read(query)).toEqual(read('')),
  );

  it.each([
    ['all', { kind: 'all' }],
    ['90s', { kind: 'span', ms: 90_000 }],
    ['10m', { kind: 'span', ms: 600_000 }],
    ['2h', { kind: 'span', ms: 7_200_000 }],
    ['7d', { kind: 'span', ms: 604_800_000 }],
  ])('takes since=%s', (text, since) => {
    expect(read(`?since=${text}`).since).toEqual(since);
  });

  it('replays all when a poll names no start', () => {
    expect(read('?poll=1')).toMatchObject({ poll: true, since: { kind: 'all' } });
    expect(read('?poll=1&since=5m').since).toEqual({ kind: 'span', ms: 300_000 });
  });

  it.each([
    ['?server=c++', 'server: expected a server name, * standing for any characters and %2B for a +, found "c  "'],
    ['?server=', 'server: expected a server name, * standing for any characters and %2B for a +, found ""'],
    [
      '?host=a.b',
      'host: expected the name of an exporter in its fleet, or a pattern with * for any characters, found "a.b"',
    ],
    ['?scope=all', 'scope: expected one of local, fleet, found "all"'],
    ['?format=xml', 'format: expected one of sse, ndjson, found "xml"'],
    ['?poll=yes', 'poll: expected one of 0, 1, found "yes"'],
    ['?severity=bad', 'severity: expected one of info, warning, critical, found "bad"'],
    ['?since=yesterday', 'since: expected a time span such as 90s, 10m, 12h, 7d, or all, found "yesterday"'],
    ['?since=1h&since=2h', 'since: expected it once, found it 2 times'],
    [`?server=${'a,'.repeat(32)}a`, 'server: expected at most 32, found 33'],
  ])('refuses %s and says what it expected and found', (query, message) => {
    expect(() => read(query)).toThrow(new BadParameter(message));
  });

  it('names the types there are when it refuses one', () => {
    expect(() => read('?type=server-died')).toThrow(
      /^type: expected one of server-registered, .*, found "server-died"$/,
    );
  });

  it('meets any rubbish with a bad parameter at worst', () => {
    const key = fc.oneof(fc.constantFrom('server', 'type', 'since', 'poll', 'last_event_id', 'format'), fc.string());
    const query = fc.array(fc.tuple(key, fc.string({ unit: 'binary' })), { maxLength: 5 });
    fc.assert(
      fc.property(query, fc.string(), (pairs, tail) => {
        const url = `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}${tail}`;
        try {
          expect(read(url, { 'last-event-id': tail }).filter.servers.length).toBeLessThanOrEqual(32);
        } catch (error) {
          expect(error).toBeInstanceOf(BadParameter);
        }
      }),
      { numRuns: runs(1_000) },
    );
  });
});
