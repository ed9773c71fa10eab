import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { EventDraft } from '../../src/core/event/event.ts';
import { MemoryLog } from '../../src/core/registry/memory-log.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { LOOPBACK_ONLY, portsWith } from './support/ports.ts';

const draft: EventDraft = {
  type: 'server-registered',
  severity: 'info',
  server: {
    name: 'work',
    socket: '/tmp/work',
    uid: null,
    pid: null,
    started_at: null,
    version: null,
    registration: 'static',
  },
  incident: null,
  title: 'work registered',
  body: '',
  details: {},
};

function logOf(count: number, capacity?: number): MemoryLog {
  const log = new MemoryLog('e', { host: 'box', bootId: null }, capacity);
  for (let seq = 1; seq <= count; seq++) log.append(draft, seq);
  return log;
}

async function get(history: MemoryLog, query = '') {
  const response = await request(createRoutes(portsWith({ history }), LOOPBACK_ONLY)).get(`/api/v1/events${query}`);
  return { ...response.body, status: response.status, ids: response.body.events?.map(({ id }: { id: string }) => id) };
}

describe('GET /api/v1/events', () => {
  it('gives the events kept, oldest first', async () => {
    const log = logOf(2);
    const page = await get(log);
    expect(page.events).toEqual(log.after(0).map(({ event }) => event));
    expect(page).toMatchObject({ status: 200, gap: null, next: 'e-2', newest: 'e-2' });
  });

  it('is empty before the first event', async () => {
    expect(await get(logOf(0))).toMatchObject({ events: [], next: 'e-0', newest: 'e-0' });
  });

  it('gives every event once when its pages are followed', async () => {
    const log = logOf(250);
    const ids: string[] = [];
    let page = await get(log);
    for (ids.push(...page.ids); page.next !== page.newest; ids.push(...page.ids)) {
      page = await get(log, `?after=${page.next}`);
    }
    expect(ids).toEqual(log.after(0).map(({ event }) => event.id));
  });

  it('gives at most as many as are asked for', async () => {
    expect(await get(logOf(5), '?after=e-1&limit=2')).toMatchObject({
      ids: ['e-2', 'e-3'],
      next: 'e-3',
      newest: 'e-5',
    });
  });

  it.each([
    ['e-1', { reason: 'evicted', missed: 2 }, ['e-4', 'e-5']],
    ['other-1', { reason: 'epoch', missed: null }, ['e-4', 'e-5']],
    ['e-9', { reason: 'future', missed: null }, []],
  ])('tells what is missing after %s', async (after, gap, ids) => {
    expect(await get(logOf(5, 2), `?after=${after}`)).toMatchObject({ status: 200, gap, ids, next: 'e-5' });
  });

  it('tells what is missing between the events of a page, and counts nothing twice', async () => {
    const log = logOf(3, 12);
    const trouble = { ...draft, severity: 'warning' as const };
    for (let seq = 4; seq <= 30; seq++) log.append(seq % 9 === 0 ? trouble : draft, seq);
    const first = await get(log, '?after=e-1&limit=4');
    const second = await get(log, `?after=${first.next}&limit=100`);

    expect(first).toMatchObject({ ids: ['e-9', 'e-18', 'e-21', 'e-22'] });
    expect([first.gap, second.gap]).toEqual([{ reason: 'evicted', missed: 17 }, null]);
    expect(second).toMatchObject({ next: 'e-30' });
  });

  it.each([
    ['?limit=0', 'limit: expected 1 to 1000, found "0"'],
    ['?limit=1001', 'limit: expected 1 to 1000, found "1001"'],
    ['?limit=ten', 'limit: expected 1 to 1000, found "ten"'],
    ['?after=yesterday', 'after: expected the id of an event, found "yesterday"'],
  ])('refuses %s', async (query, message) => {
    expect(await get(logOf(1), query)).toMatchObject({ status: 400, error: { code: 'invalid_parameter', message } });
  });

  it('has a scope, which an exporter without a fleet has no choice of', async () => {
    expect(await get(logOf(2), '?scope=local')).toMatchObject({ status: 200, ids: ['e-1', 'e-2'] });
    expect(await get(logOf(2), '?scope=fleet')).toMatchObject({ status: 400, error: { code: 'no_fleet' } });
  });

  it.each([
    ['?since=all', 'parameters: expected after, limit, scope, host (/events has more), found "since"'],
    ['?__proto__=1', 'parameters: expected after, limit, scope, host (/events has more), found "__proto__"'],
    ['?scope=all', 'scope: expected one of local, fleet, found "all"'],
    ['?limit=1&limit=2', 'limit: expected it once, found it 2 times'],
    ['?host=a', 'host: expected with scope=fleet only, found with scope=local: all events here are about one host'],
    [
      '?host=a,b.c',
      'host: expected the name of an exporter in its fleet, or a pattern with * for any characters, found "a,b.c"',
    ],
    [`?host=${Array(33).fill('a')}`, 'host: expected at most 32, found 33'],
  ])('refuses what it cannot answer, in place of ignoring it: %s', async (query, message) => {
    expect(await get(logOf(2), query)).toMatchObject({ status: 400, error: { code: 'invalid_parameter', message } });
  });
});
