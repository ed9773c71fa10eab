import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EVENT_TYPES, type EventDraft, type EventType, type TmuxEvent } from '../../src/core/event.ts';
import {
  causeNotice,
  goneNotice,
  rebootedNotice,
  recoveredNotice,
  registeredNotice,
  sessionNotice,
  unreachableNotice,
  unregisteredNotice,
  unresponsiveNotice,
  upNotice,
} from '../../src/core/notice.ts';
import { RingLog } from '../../src/core/ring-log.ts';
import { eventSchema, schemaProblem } from '../support/event-schema.ts';
import { DEAD, failed, NOW, pendingRecord, upRecord } from '../support/sample.ts';

/** `UPDATE_GOLDEN=1 npm test -- test/schema` writes the schema and the examples anew. */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';
const SCHEMA = new URL('../../schema/events.schema.json', import.meta.url);
const EXAMPLES = new URL('../../schema/examples/', import.meta.url);

describe('The published schema of the events', () => {
  it('is the current one', () => {
    const current = `${JSON.stringify(eventSchema(), null, 2)}\n`;
    if (UPDATE) writeFileSync(SCHEMA, current);
    expect(readFileSync(SCHEMA, 'utf8')).toBe(current);
  });

  it('has an example of every type', () => {
    if (!UPDATE) expect(readdirSync(EXAMPLES).sort()).toEqual(EVENT_TYPES.map((type) => `${type}.json`).sort());
  });

  it.each(EVENT_TYPES)('fits %s, which reads as its example does', (type) => {
    const event = exampleOf(type);
    const file = new URL(`${type}.json`, EXAMPLES);
    const text = `${JSON.stringify(event, null, 2)}\n`;
    if (UPDATE) writeFileSync(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(schemaProblem(event)).toBeNull();
    expect(validate(event)).toEqual([]);
  });

  it('refuses what is no event', () => {
    const { reason, ...incomplete } = { reason: null, ...exampleOf('server-gone') };
    expect(reason).not.toBeUndefined();
    expect(validate(incomplete)).not.toEqual([]);
    expect(validate({ ...exampleOf('server-up'), severity: 'fatal' })).not.toEqual([]);
  });
});

/** Judged by a validator that is not ours; times are checked by the pattern that the schema has beside their format. */
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const check = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));

function validate(event: unknown): unknown[] {
  return check(event) ? [] : (check.errors ?? ['refused']);
}

function exampleOf(type: EventType): TmuxEvent {
  const log = new RingLog('9f3c21d07ab4', { host: 'box', bootId: '6a1ff2f1-6d0c-4a3b-9c53-3f1a3c1c8a55' });
  const draft = draftOf(type, log);
  return log.append(draft, NOW).event;
}

function draftOf(type: EventType, log: RingLog): EventDraft {
  const record = upRecord();
  const { life } = record;
  if (!life) throw new Error('the sample lives');
  const session = { id: '$7', name: 'api' };
  switch (type) {
    case 'server-registered':
      return registeredNotice(pendingRecord());
    case 'server-up':
      return upNotice(record, life);
    case 'server-gone':
      return goneNotice(record, 'crashed', { ...failed('refused', DEAD), diedAt: NOW - 12 }, NOW);
    case 'server-gone-cause': {
      const gone = log.append(goneNotice(record, 'crashed', failed('refused', DEAD), NOW), NOW).event;
      if (gone.type !== 'server-gone') throw new Error('expected a death');
      const facts = {
        window_seconds: 3.2,
        cgroup: '/user.slice/user-1000.slice/session-3.scope',
        oom_kills: 1,
        machine_oom_kills: 1,
        kernel_log: 'names_it',
        unit: 'session-3.scope',
        unit_result: null,
        oom_policy: null,
        login_ended: null,
      } as const;
      const evidence = 'The kernel log says so: the OOM killer killed process 4242 (tmux: server).';
      return causeNotice(record, gone, { cause: 'oom_kernel', evidence, facts });
    }
    case 'server-unresponsive':
      return unresponsiveNotice(record, 2);
    case 'server-recovered':
      return recoveredNotice({ ...record, state: 'unresponsive', since: NOW - 42_000 }, life, NOW);
    case 'server-unreachable':
      return unreachableNotice(record, 'socket_lost');
    case 'server-unregistered':
      return unregisteredNotice(record);
    case 'session-created':
      return sessionNotice(record, life, { kind: 'created', session });
    case 'session-closed':
      return sessionNotice(record, life, { kind: 'closed', session });
    case 'session-renamed':
      return sessionNotice(record, life, { kind: 'renamed', session, previousName: 'web' });
    case 'host-rebooted':
      return rebootedNotice([record], 'b7c1d7a0-0f5b-4df4-8a0c-0f9a4b1f4a11');
    case 'alert':
      return alertDraft();
  }
}

function alertDraft(): EventDraft {
  return {
    type: 'alert',
    severity: 'critical',
    server: null,
    incident: 'opens',
    title: 'HighLoad firing on box',
    body: 'The load is above 8 for 10 minutes.',
    details: {
      status: 'firing',
      alertname: 'HighLoad',
      fingerprint: '0123456789abcdef',
      starts_at: '2026-03-01T12:00:00.000Z',
      ends_at: null,
      labels: { alertname: 'HighLoad', instance: 'box' },
      annotations: { summary: 'The load is above 8 for 10 minutes.' },
    },
  };
}
