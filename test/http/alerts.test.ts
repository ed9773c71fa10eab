import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { ReceivedAlert } from '../../src/core/alert/alert.ts';
import type { HttpPorts, Reception } from '../../src/http/ports.ts';
import { createRoutes } from '../../src/http/routes.ts';
import { LOOPBACK_ONLY, portsWith } from './support/ports.ts';

const ALERT = {
  status: 'firing',
  labels: { alertname: 'A' },
  annotations: { summary: 's' },
  startsAt: '2026-03-01T11:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: '0123456789abcdef',
};
const BODY = { version: '4', groupKey: '{}:{}', status: 'firing', receiver: 'us', alerts: [ALERT], truncatedAlerts: 0 };

/** As Grafana documents it (https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/). */
const GRAFANA = {
  receiver: 'My Super Webhook',
  status: 'firing',
  orgId: 1,
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'High memory usage', team: 'blue', zone: 'us-1' },
      annotations: { summary: 'High memory usage' },
      startsAt: '2021-10-12T09:51:03.157076+02:00',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'https://play.grafana.org/alerting/1afz29v7z/edit',
      fingerprint: 'c6eadffa33fcdf37',
      silenceURL: 'https://play.grafana.org/alerting/silence/new?alertmanager=grafana',
      dashboardURL: '',
      panelURL: '',
      values: { B: 44.23943737541908, C: 1 },
    },
    {
      status: 'resolved',
      labels: { alertname: 'High CPU usage', team: 'blue', zone: 'eu-1' },
      annotations: null,
      startsAt: '2021-10-12T09:56:03.157076+02:00',
      endsAt: '2021-10-12T09:57:03.157076+02:00',
      generatorURL: 'https://play.grafana.org/alerting/d1rdpdv7k/edit',
      fingerprint: 'bc97ff14869b13e3',
      valueString: '[ metric= labels={} value=1 ]',
    },
  ],
  groupLabels: {},
  commonLabels: { team: 'blue' },
  commonAnnotations: {},
  externalURL: 'https://play.grafana.org/',
  version: '1',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  title: '[FIRING:2]  (blue)',
  state: 'alerting',
  message: '**Firing**',
};

function post(body: object | string, receive: NonNullable<HttpPorts['receiveAlerts']> = stored) {
  const app = createRoutes(portsWith({ receiveAlerts: receive }), LOOPBACK_ONLY);
  return request(app).post('/api/v1/alerts').set('Content-Type', 'application/json').send(body);
}

function stored(alerts: readonly ReceivedAlert[]): Reception {
  return { kind: 'stored', told: alerts.length, duplicates: 0 };
}

describe('POST /api/v1/alerts', () => {
  it('takes the web hook of an Alertmanager, and lets be what it does not know', async () => {
    const received: ReceivedAlert[] = [];
    const response = await post({ ...BODY, aNewKey: 1 }, (alerts) => {
      received.push(...alerts);
      return { kind: 'stored', told: 0, duplicates: 1 };
    });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ told: 0, duplicates: 1 });
    const { generatorURL: _, ...alert } = ALERT;
    expect(received).toEqual([alert]);
  });

  it('takes the web hook of Grafana', async () => {
    const received: ReceivedAlert[] = [];
    const response = await post(GRAFANA, (alerts) => {
      received.push(...alerts);
      return stored(alerts);
    });
    expect([response.status, response.body]).toEqual([200, { told: 2, duplicates: 0 }]);
    expect(received.map(({ status, annotations }) => [status, annotations])).toEqual([
      ['firing', { summary: 'High memory usage' }],
      ['resolved', {}],
    ]);
  });

  it.each([
    ['came from this machine', {}, true],
    ['was passed on by a proxy', { 'x-forwarded-for': '192.0.2.1' }, false],
    ['was passed on by a proxy of another kind', { forwarded: 'for=192.0.2.1' }, false],
  ])('knows that a request %s', async (_, headers, expected) => {
    const seen: boolean[] = [];
    const sending = post(BODY, (alerts, isFromHere) => {
      seen.push(isFromHere);
      return stored(alerts);
    });
    await sending.set(headers);
    expect(seen).toEqual([expected]);
  });

  it('answers 503 while nothing can be stored, for which an Alertmanager tries again', async () => {
    const response = await post(BODY, () => ({ kind: 'not_stored' }));
    expect(response.status).toBe(503);
    expect(response.body.error.code).toBe('not_stored');
  });

  it('takes alerts that have neither annotations nor a fingerprint', async () => {
    const response = await post({
      version: '4',
      alerts: [{ status: 'resolved', labels: {}, startsAt: ALERT.startsAt }],
    });
    expect(response.body).toEqual({ told: 1, duplicates: 0 });
  });

  it.each([
    [
      'no version',
      { alerts: [] },
      'body.version: expected "4" or "1", the versions of the web hooks of Alertmanager and Grafana, found nothing',
    ],
    ['another version', { ...BODY, version: '3' }, 'body.version: expected'],
    ['no list', { ...BODY, alerts: {} }, 'body.alerts: expected array, found an object'],
    [
      'a status of its own',
      { ...BODY, alerts: [{ ...ALERT, status: 'x' }] },
      'body.alerts.0.status: expected firing or resolved, found "x"',
    ],
    [
      'a time that is none',
      { ...BODY, alerts: [{ ...ALERT, startsAt: 'x' }] },
      'expected a time in RFC 3339, found "x"',
    ],
    [
      'labels that are no text',
      { ...BODY, alerts: [{ ...ALERT, labels: { a: 1 } }] },
      'body.alerts.0.labels.a: expected string',
    ],
    [
      'too many alerts',
      { ...BODY, alerts: Array.from({ length: 1_001 }, () => ALERT) },
      'expected at most 1000 alerts',
    ],
    [
      'a fingerprint that is none',
      { ...BODY, alerts: [{ ...ALERT, fingerprint: '../x' }] },
      'body.alerts.0.fingerprint: expected at most 64 hexadecimal digits, found "../x"',
    ],
    [
      'a fingerprint that is a number',
      { ...BODY, alerts: [{ ...ALERT, fingerprint: 5 }] },
      'body.alerts.0.fingerprint: expected string, found 5',
    ],
    [
      'a time after the year 9999',
      { ...BODY, alerts: [{ ...ALERT, startsAt: '+275760-09-13T00:00:00Z' }] },
      'body.alerts.0.startsAt: expected a time in RFC 3339, found "+275760-09-13T00:00:00Z"',
    ],
    [
      'a time before the year 0',
      { ...BODY, alerts: [{ ...ALERT, endsAt: '0000-01-01T00:00:00+01:00' }] },
      'body.alerts.0.endsAt: expected a time in RFC 3339',
    ],
  ])('refuses %s with 400', async (_, body, message) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(response.body.error).toEqual({ code: 'invalid_body', message: expect.stringContaining(message) });
  });

  it('refuses a body of more than 1 MiB with 413, and one that is no JSON with 400', async () => {
    expect((await post({ ...BODY, filler: 'x'.repeat(1_048_576) })).status).toBe(413);
    expect((await post('{"version":')).body.error.code).toBe('invalid_json');
  });

  it('is refused with 403 where it is not enabled', async () => {
    const response = await request(createRoutes(portsWith(), LOOPBACK_ONLY)).post('/api/v1/alerts').send(BODY);
    expect(response.status).toBe(403);
    expect(response.body.error.message).toContain('--alerts.receive');
  });
});
