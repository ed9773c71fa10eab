import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { FORMATS as SERVICE_MANAGERS } from '../../src/commands/service/unit.ts';
import { FORMATS } from '../../src/core/alert/notification.ts';
import { CAUSES } from '../../src/core/death/cause.ts';
import { HAZARDS } from '../../src/core/death/hazard.ts';
import { EVENT_TYPES, SEVERITIES } from '../../src/core/event/event.ts';
import { FAILURE_REASONS, GONE_REASONS, SERVER_STATES } from '../../src/core/model/server.ts';
import { GAP_REASONS } from '../../src/feed/stream-message.ts';
import { textOf } from './support/documents.ts';

const { groups } = parse(textOf('dashboards/rules/tmux.rules.yml')) as { groups: { rules: { alert: string }[] }[] };
const ALERTS = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));

const CLOSED_SETS: readonly (readonly [what: string, path: string, values: readonly string[]])[] = [
  ['state of a server', 'docs/servers.md', SERVER_STATES],
  ['reason of a death', 'docs/deaths.md', GONE_REASONS],
  ['cause of a death', 'docs/deaths.md', CAUSES],
  ['hazard', 'docs/deaths.md', HAZARDS],
  ['type of event', 'docs/events.md', EVENT_TYPES],
  ['severity', 'docs/events.md', SEVERITIES],
  ['reason of a gap', 'docs/events.md', GAP_REASONS],
  ['format of a web hook', 'docs/webhooks.md', FORMATS],
  ['reason of a failed poll', 'docs/troubleshooting.md', FAILURE_REASONS],
  ['alert', 'docs/dashboards-and-alerts.md', ALERTS],
  ['service manager', 'docs/install.md', SERVICE_MANAGERS],
];

describe('The documents', () => {
  it.each(CLOSED_SETS)('explain every %s (%s)', (_, path, values) => {
    const text = textOf(path);
    expect(values.filter((value) => !new RegExp(`\\b${value}\\b`).test(text))).toEqual([]);
  });

  it('keep the README within a few screens', () => {
    expect(Buffer.byteLength(textOf('README.md'))).toBeLessThanOrEqual(8_000);
  });
});
