import { afterEach, describe, expect, it } from '@jest/globals';
import { type Alerting, type AlertingOptions, createAlerting } from '../../src/alert/alerting.ts';
import { withTimers } from '../../src/alert/delivery/alert-clock.ts';
import { systemResolve } from '../../src/alert/request/address-guard.ts';
import { CONNECT } from '../../src/alert/request/connect.ts';
import type { Notification } from '../../src/core/alert/notification.ts';
import { MemoryOutbox } from '../../src/core/alert/outbox.ts';
import { FileReader } from '../../src/files/file-reader.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { unsetClock } from '../support/sample/fake-clock.ts';
import { makeCertificate, readCertificate } from '../support/world/certificates.ts';
import { answers, Endpoint } from './support/endpoint.ts';
import { Story } from './support/events.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { ForwardProxy } from './support/proxy.ts';
import { alertmanagerOf, receiverOf } from './support/receiver.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function endpointOf(...given: Parameters<typeof Endpoint.start>): Promise<Endpoint> {
  const endpoint = await Endpoint.start(...given);
  cleanups.push(() => endpoint.close());
  return endpoint;
}

let ids = 0;

function alertingOf(story: Story, given: Partial<AlertingOptions>): Alerting {
  const alerting = createAlerting({
    receivers: [],
    alertmanagers: [],
    outbox: new MemoryOutbox(),
    history: story.log,
    isOpen: () => true,
    sender: () => ({ host: 'machine', version: '1.2.3', url: '' }),
    network: { resolve: systemResolve, connect: CONNECT, variables: {} },
    readFile: new FileReader().read,
    clock: withTimers(unsetClock(Date.now)),
    observer: { attempted: () => {}, settled: () => {}, failed: () => {}, recovered: () => {}, pushed: () => {} },
    random: () => 0.5,
    newId: () => `msg_${++ids}`,
    ...given,
  });
  cleanups.push(() => alerting.stop());
  return alerting;
}

function idsIn({ requests }: Endpoint): string[] {
  return requests.flatMap(({ body }) => (JSON.parse(body) as Notification).notices.map(({ event }) => event.id));
}

describe('the alerting', () => {
  it('reaches a receiver and an Alertmanager with TLS through the proxy of the environment', async () => {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    const files = await makeCertificate(folder, 'receiver', { names: 'DNS:receiver.example' });
    const endpoint = await endpointOf(answers(200), await readCertificate(files));
    const proxy = await ForwardProxy.start(endpoint.url);
    cleanups.push(() => proxy.close());
    const tlsConfig = {
      caFile: files.cert,
      certFile: null,
      keyFile: null,
      serverName: null,
      insecureSkipVerify: false,
    };
    const given = { url: 'https://receiver.example/a', proxyFromEnvironment: true, tlsConfig };
    const story = new Story();
    const alerting = alertingOf(story, {
      receivers: [receiverOf(given)],
      alertmanagers: [alertmanagerOf(given)],
      network: { resolve: systemResolve, connect: CONNECT, variables: { HTTPS_PROXY: proxy.url } },
    });
    alerting.start();
    story.gone('work');
    alerting.onEvent();
    await endpoint.until(({ length }) => length === 2);
    expect(endpoint.requests.map(({ path }) => path).toSorted()).toEqual(['/a', '/a/api/v2/alerts']);
    expect(proxy.requests.map(({ line }) => line)).toEqual(Array(2).fill('CONNECT receiver.example:443'));
  });

  it('tells every receiver and every Alertmanager of what happens', async () => {
    const endpoint = await endpointOf();
    const story = new Story();
    const alerting = alertingOf(story, {
      receivers: [
        receiverOf({ name: 'a', url: `${endpoint.url}/a` }),
        receiverOf({ name: 'b', url: `${endpoint.url}/b` }),
      ],
      alertmanagers: [
        alertmanagerOf({ name: 'x', url: `${endpoint.url}/x` }),
        alertmanagerOf({ name: 'y', url: `${endpoint.url}/y` }),
      ],
    });
    alerting.start();
    story.gone('work');
    alerting.onEvent();
    await endpoint.until(({ length }) => length === 4);
    expect(endpoint.requests.map(({ path }) => path).toSorted()).toEqual([
      '/a',
      '/b',
      '/x/api/v2/alerts',
      '/y/api/v2/alerts',
    ]);
  });

  it('does not send events from before the first receiver was added', async () => {
    const endpoint = await endpointOf();
    const story = new Story();
    story.gone('before');
    const alerting = alertingOf(story, { receivers: [receiverOf({ url: endpoint.url })] });
    alerting.start();
    const { event } = story.gone('work');
    alerting.onEvent();
    await endpoint.until(({ length }) => length === 1);
    expect(idsIn(endpoint)).toEqual([event.id]);
  });

  it('sends events that were stored and not taken in before it ended, once', async () => {
    const endpoint = await endpointOf();
    const story = new Story();
    const outbox = new MemoryOutbox();
    const receivers = [receiverOf({ url: endpoint.url })];
    const first = alertingOf(story, { outbox, receivers });
    first.start();
    await first.stop();
    const { event } = story.gone('work');
    const second = alertingOf(story, { outbox, receivers });
    second.start();
    await endpoint.until(({ length }) => length === 1);
    await second.stop();
    const third = alertingOf(story, { outbox, receivers });
    third.start();
    const later = story.gone('other');
    third.onEvent();
    await endpoint.until(({ length }) => length === 2);
    expect(idsIn(endpoint)).toEqual([event.id, later.event.id]);
  });

  it('sends no backlog after a time without receivers', async () => {
    const endpoint = await endpointOf();
    const story = new Story();
    const outbox = new MemoryOutbox();
    const receivers = [receiverOf({ url: endpoint.url })];
    for (const present of [receivers, []]) {
      const alerting = alertingOf(story, { outbox, receivers: present });
      alerting.start();
      await alerting.stop();
    }
    story.gone('meanwhile');
    const alerting = alertingOf(story, { outbox, receivers });
    alerting.start();
    const { event } = story.gone('work');
    alerting.onEvent();
    await endpoint.until(({ length }) => length === 1);
    expect(idsIn(endpoint)).toEqual([event.id]);
  });

  describe('whose receiver was removed from the configuration and added again', () => {
    const DAY_MS = 86_400_000;

    /** A receiver is away when a server dies, is removed, and the server returns. After some days it works, and is added again. */
    async function returnsAfter(days: number, isDelivered: boolean): Promise<string[]> {
      let isAway = !isDelivered;
      const endpoint = await endpointOf((response) => void response.writeHead(isAway ? 503 : 204).end());
      const clock = new ManualClock();
      const story = new Story();
      const outbox = new MemoryOutbox();
      let open: string | null = null;
      const start = (receivers: AlertingOptions['receivers']) => {
        const alerting = alertingOf(story, {
          outbox,
          receivers,
          // Some parts take the functions from their object.
          clock: { now: () => clock.now(), uptime: () => clock.uptime(), after: (ms, task) => clock.after(ms, task) },
          isOpen: (incident) => incident === open,
        });
        alerting.start();
        return alerting;
      };
      const receiver = receiverOf({ url: endpoint.url });
      const before = start([receiver]);
      const { event } = story.gone('work');
      open = event.id;
      before.onEvent();
      await endpoint.until(({ length }) => length === 1);
      await before.stop();

      const without = start([]);
      story.up('work', open);
      open = null;
      await clock.advance(days * DAY_MS);
      await without.stop();

      isAway = false;
      const attempts = endpoint.requests.length;
      const after = start([receiver]);
      story.gone('last');
      after.onEvent();
      await settled();
      for (let turn = 0; turn < 5; turn++) {
        await endpoint.until(({ length }) => length > attempts);
        await clock.advance(30_000);
        await settled();
      }
      await after.stop();
      const later = endpoint.requests.slice(attempts).map(({ body }) => JSON.parse(body) as Notification);
      return later.flatMap(({ notices }) => notices.map(({ status, event }) => `${status} ${event.server?.name}`));
    }

    it.each([
      ['that it had', true, ['resolved work', 'firing last']],
      ['that still waits', false, ['firing work', 'resolved work', 'firing last']],
    ])('reports the end of a problem %s', async (_, isDelivered, reported) => {
      expect(await returnsAfter(0.1, isDelivered)).toEqual(reported);
    });

    it.each([true, false])('begins anew after some days (delivered: %s)', async (isDelivered) => {
      expect(await returnsAfter(3, isDelivered)).toEqual(['firing last']);
    });
  });

  it('does not delay a receiver because another one hangs, drips or floods', async () => {
    const healthy = await endpointOf();
    const hanging = await endpointOf(() => {});
    const dripping = await endpointOf((response) => void response.writeHead(200).write('x'));
    const flooding = await endpointOf((response) => {
      const flood = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.writeHead(500).on('drain', flood);
      flood();
    });
    const story = new Story();
    const bad = [hanging, dripping, flooding].map(({ url }, index) =>
      receiverOf({ name: `bad-${index}`, url, timeoutMs: 30_000 }),
    );
    const receivers = [...bad, receiverOf({ name: 'good', url: healthy.url })];
    const alerting = alertingOf(story, { receivers });
    alerting.start();
    const deaths = ['a', 'b', 'c'].map((server) => story.gone(server));
    const begun = performance.now();
    alerting.onEvent();
    await healthy.until(({ length }) => length === 1);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(idsIn(healthy)).toEqual(deaths.map(({ event }) => event.id));
  });

  it('sends received alerts to nobody', async () => {
    const endpoint = await endpointOf();
    const story = new Story();
    const receivers = [receiverOf({ url: endpoint.url, events: ['alert', 'server-gone'] })];
    const alerting = alertingOf(story, {
      receivers,
      alertmanagers: [alertmanagerOf({ url: endpoint.url, events: ['alert'] })],
    });
    alerting.start();
    story.other('alert', 'work', { severity: 'critical' });
    const { event } = story.gone('work');
    alerting.onEvent();
    await endpoint.until(({ length }) => length === 1);
    expect(idsIn(endpoint)).toEqual([event.id]);
  });

  it('shows the state of its receivers, and replays dead letters', async () => {
    const endpoint = await endpointOf();
    const story = new Story();
    const outbox = new MemoryOutbox();
    const receiver = receiverOf({ url: endpoint.url });
    const message = {
      id: 'msg_dead',
      notices: [
        {
          id: 1,
          status: 'firing',
          reason: 'new',
          event: story.gone('work').event,
          ended: [],
          suppressed: 0,
          queuedAt: 0,
        },
      ],
      createdAt: 0,
      attempts: 3,
      rejections: 3,
      nextAt: 0,
      problem: 'answered 404',
      diedAt: 60_000,
    } as const;
    outbox.commit([{ receiver: 'ops', kind: 'message', key: message.id, row: message }], null);
    const alerting = alertingOf(story, { outbox, receivers: [receiver] });
    alerting.start();
    expect(alerting.receivers()).toEqual([
      {
        name: 'ops',
        format: 'native',
        state: 'idle',
        queued: 0,
        oldest: null,
        attempts: 0,
        next_attempt: null,
        problem: null,
        dead: 1,
      },
    ]);
    expect(alerting.deadLetters()).toMatchObject([
      {
        id: 'msg_dead',
        receiver: 'ops',
        died: '1970-01-01T00:01:00.000Z',
        attempts: 3,
        notices: 1,
        problem: 'answered 404',
      },
    ]);
    expect(alerting.replay('another')).toBe(0);
    expect(alerting.replay('msg_dead')).toBe(1);
    await endpoint.until(({ length }) => length === 1);
    expect(endpoint.requests[0]?.headers['webhook-id']).toBe('msg_dead');
  });
});
