import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { alertDraft, type ReceivedAlert } from '../../src/core/alert/alert.ts';
import { judgeCause } from '../../src/core/death/cause.ts';
import { EVENT_TYPES, type EventDraft, type EventType, type TmuxEvent } from '../../src/core/event/event.ts';
import type { SavedServer } from '../../src/core/record/record.ts';
import { MemoryLog } from '../../src/core/registry/memory-log.ts';
import {
  causeDraft,
  goneDraft,
  rebootedDraft,
  recoveredDraft,
  registeredDraft,
  sessionDraft,
  sessionsDraft,
  unreachableDraft,
  unregisteredDraft,
  unresponsiveDraft,
  upDraft,
} from '../../src/core/wording/draft.ts';
import { eventSchema, schemaProblem, strictEventSchema } from '../support/judges/event-schema.ts';
import { causeEvidence, hostileText, observation, receivedAlert, snapshot } from '../support/sample/arbitrary.ts';
import { Subject } from '../support/sample/registry-model.ts';
import {
  answered,
  DEAD,
  failed,
  NOW,
  pendingRecord,
  sampleDeath,
  sampleSnapshot,
  upRecord,
} from '../support/sample/sample.ts';

/** `UPDATE_GOLDEN=1 npm test -- test/schema` rewrites the schema and the examples. */
const UPDATE = process.env['UPDATE_GOLDEN'] === '1';
const SCHEMA = new URL('../../schema/events.schema.json', import.meta.url);
const EXAMPLES = new URL('../../schema/examples/', import.meta.url);
const CURRENT = JSON.stringify(eventSchema(), null, 2);

// Before the validator below reads the file.
if (UPDATE) writeFileSync(SCHEMA, `${CURRENT}\n`);

describe('The published schema of the events', () => {
  it('is the current one', () => {
    expect(withoutLayout(SCHEMA)).toBe(CURRENT);
  });

  it('has an example of every type', () => {
    if (!UPDATE) expect(readdirSync(EXAMPLES).sort()).toEqual(EVENT_TYPES.map((type) => `${type}.json`).sort());
  });

  it.each(EVENT_TYPES)('fits %s, which reads as its example does', (type) => {
    const event = exampleOf(type);
    const file = new URL(`${type}.json`, EXAMPLES);
    const text = JSON.stringify(event, null, 2);
    if (UPDATE) writeFileSync(file, `${text}\n`);
    expect(withoutLayout(file)).toBe(text);
    expect(schemaProblem(event)).toBeNull();
    expectFit(JSON.stringify(event));
  });

  it('fits every event of a fleet to which anything happens, whatever its sessions are called', () => {
    const look = fc.tuple(
      fc.constantFrom('a', 'b'),
      fc.oneof(
        observation,
        snapshot(hostileText, hostileText).map((seen) => answered(seen)),
      ),
    );
    fc.assert(
      fc.property(fc.array(look, { maxLength: 12 }), fc.boolean(), (looks, rebooted) => {
        const subject = new Subject();
        const servers = rebooted ? [savedServer('a')] : [];
        const present = { bootId: 'boot-1', pidNamespace: null, isConfigured: () => true, fileAt: () => null };
        subject.registry.restore({ servers, tombstones: [], bootId: 'an earlier boot', pidNamespace: null }, present);
        for (const name of ['a', 'b'])
          subject.registry.register({ name, socket: `/tmp/tmux-0/${name}`, registration: 'static' });
        for (const [name, seen] of looks)
          subject.registry.apply(name, subject.registry.get(name)?.generation ?? 0, seen);
        subject.registry.deregister('a', true);
        for (const { json } of subject.emitted) expectFit(json);
      }),
    );
  });

  it('fits every cause of a death and every alert, whatever is in them', () => {
    fc.assert(
      fc.property(causeEvidence, receivedAlert, (evidence, alert) => {
        const log = new MemoryLog('epoch', { host: 'box', bootId: null });
        const gone = log.append(
          goneDraft(upRecord(), sampleDeath(evidence.reason), failed('refused', DEAD)),
          NOW,
        ).event;
        if (gone.type !== 'server-gone') throw new Error('expected a death');
        expectFit(log.append(causeDraft(upRecord(), gone, judgeCause(evidence)), NOW).json);
        expectFit(log.append(alertDraft(alert, gone.server, gone.id), NOW).json);
      }),
    );
  });

  it('refuses what is no event', () => {
    const { reason, ...incomplete } = { reason: null, ...exampleOf('server-gone') };
    expect(reason).not.toBeUndefined();
    expect(validate(incomplete)).not.toEqual([]);
    expect(validate({ ...exampleOf('server-up'), severity: 'fatal' })).not.toEqual([]);
  });
});

/** An independent validator. It checks times by their pattern, which the schema has beside the format. */
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const check = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));
/** Refuses fields that the schema does not describe. */
const checkStrictly = ajv.compile(strictEventSchema());

/** A JSON file laid out in one way, however the formatter likes it. */
function withoutLayout(file: URL): string {
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 2);
}

function expectFit(json: string): void {
  const event: unknown = JSON.parse(json);
  expect(validate(event)).toEqual([]);
  expect(checkStrictly(event) ? [] : checkStrictly.errors).toEqual([]);
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(4_096);
}

function savedServer(name: string): SavedServer {
  const { target, state, since, unreachable, incident, life } = upRecord(sampleSnapshot(), { name });
  return { target, state, since, unreachable, incident, life, fresh: true };
}

function validate(event: unknown): unknown[] {
  return check(event) ? [] : (check.errors ?? ['refused']);
}

function exampleOf(type: EventType): TmuxEvent {
  const log = new MemoryLog('9f3c21d07ab4', { host: 'box', bootId: '6a1ff2f1-6d0c-4a3b-9c53-3f1a3c1c8a55' });
  const draft = draftOf(type, log);
  return log.append(draft, NOW).event;
}

function draftOf(type: EventType, log: MemoryLog): EventDraft {
  const record = upRecord();
  const { life } = record;
  if (!life) throw new Error('the sample lives');
  const session = { id: '$7', name: 'api' };
  switch (type) {
    case 'server-registered':
      return registeredDraft(pendingRecord());
    case 'server-up':
      return upDraft(record, life);
    case 'server-gone':
      return goneDraft(record, sampleDeath('crashed'), { ...failed('refused', DEAD), diedAt: NOW - 12 });
    case 'server-gone-cause': {
      const gone = log.append(goneDraft(record, sampleDeath('crashed'), failed('refused', DEAD)), NOW).event;
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
      const evidence = 'The kernel log says that the OOM killer killed process 4242 (tmux: server).';
      return causeDraft(record, gone, { cause: 'oom_kernel', evidence, facts });
    }
    case 'server-unresponsive':
      return unresponsiveDraft(record, 2);
    case 'server-recovered':
      return recoveredDraft({ ...record, state: 'unresponsive', since: NOW - 42_000 }, life, NOW);
    case 'server-unreachable':
      return unreachableDraft(record, 'socket_lost');
    case 'server-unregistered':
      return unregisteredDraft(record);
    case 'session-created':
      return sessionDraft(record, life, { kind: 'created', session });
    case 'session-closed':
      return sessionDraft(record, life, { kind: 'closed', session });
    case 'session-renamed':
      return sessionDraft(record, life, { kind: 'renamed', session, previousName: 'web' });
    case 'sessions-changed':
      return sessionsDraft(record, life, [{ kind: 'closed', session }]);
    case 'host-rebooted':
      return rebootedDraft([record], 'b7c1d7a0-0f5b-4df4-8a0c-0f9a4b1f4a11');
    case 'alert':
      return sampleAlertDraft();
  }
}

function sampleAlertDraft(): EventDraft {
  const alert: ReceivedAlert = {
    status: 'firing',
    labels: { alertname: 'HighLoad', instance: 'box', severity: 'critical' },
    annotations: { summary: 'The load is above 8 for 10 minutes.' },
    startsAt: '2026-03-01T12:00:00Z',
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: '0123456789abcdef',
  };
  return alertDraft(alert, null, null);
}
