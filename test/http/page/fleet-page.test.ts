import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { FleetHost } from '../../../src/core/fleet/fleet.ts';
import { renderFleetPage } from '../../../src/http/page/fleet-page.ts';
import { LastDeaths } from '../../../src/http/page/last-deaths.ts';
import { createRoutes } from '../../../src/http/routes.ts';
import { fleetHost, hostEvent } from '../../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { hubPorts, LOOPBACK_ONLY, NOW } from '../support/ports.ts';

function page(...hosts: readonly FleetHost[]): string {
  const content = { version: '1.2.3', deaths: [], telemetryPath: '/metrics', now: NOW + 65_000 };
  return renderFleetPage({ ...content, hosts, hasRead: true, isUp: true });
}

/** What a reader sees of a page: its text without tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<(style|title|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the landing page of a hub', () => {
  it('shows a host with its state, when it was seen, its servers, and what has not arrived', () => {
    const text = textOf(page(fleetHost('a', { counts: { up: 2, gone: 1 }, behind: 4 })));
    expect(text).toContain('a a.example present seen 1 min 5 s ago 1 gone 2 up 4');
    expect(text).toContain('1 host: 1 present. 1 server with a problem.');
  });

  it('puts silent hosts first, then those whose servers need a person', () => {
    const markup = page(
      fleetHost('fine'),
      fleetHost('dead', { counts: { gone: 1 } }),
      fleetHost('mute', { state: 'silent' }),
    );
    const places = ['>mute<', '>dead<', '>fine<'].map((name) => markup.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(markup).toContain('<title>(2) tmux on a fleet</title>');
  });

  it('folds many hosts without a problem, departed ones among them', () => {
    const hosts = Array.from({ length: 30 }, (_, number) => fleetHost(`host${number}`));
    const markup = page(
      ...hosts,
      fleetHost('gone-home', { state: 'left', counts: { gone: 3 } }),
      fleetHost('m', { state: 'silent' }),
    );
    expect(textOf(markup)).toContain('31 hosts without a problem');
    expect(markup.indexOf('>m<')).toBeLessThan(markup.indexOf('<details'));
    expect(markup.indexOf('>gone-home<')).toBeGreaterThan(markup.indexOf('<details'));
  });

  it('links to the web only, and escapes everything', () => {
    const hostile = '<script>alert(1)</script>"\'';
    const markup = page(
      fleetHost('js', { advertise: 'javascript:alert(1)', host: hostile }),
      fleetHost('web', { advertise: 'http://web:8689/?a="><b>' }),
    );
    expect(markup).not.toContain('javascript:');
    expect(markup).not.toContain('<script>alert');
    expect(markup).toContain('<a href="http://web:8689/?a=%22%3E%3Cb%3E" rel="noreferrer">web</a>');
  });

  it('says how a host gets there, and that the bus cannot be read', () => {
    expect(textOf(page())).toContain('as soon as its exporter publishes to the bus');
    const content = { version: '1.2.3', hosts: [], deaths: [], telemetryPath: '/metrics', now: NOW };
    const cut = textOf(renderFleetPage({ ...content, hasRead: true, isUp: false }));
    expect(cut).toContain('No host is known. The bus cannot be read at present, so this may be old.');
  });

  it.each([
    [false, 'The hosts are not known yet: the bus cannot be reached.'],
    [true, 'The hosts are not known yet: the bus is still being read.'],
  ])('does not call a fleet empty that was never read, with the bus up: %s', (isUp, summary) => {
    const content = { version: '1.2.3', hosts: [], deaths: [], telemetryPath: '/metrics', now: NOW };
    const text = textOf(renderFleetPage({ ...content, hasRead: false, isUp }));
    expect(text).toContain(summary);
    expect(text).not.toContain('No host is known');
  });

  it('allows its own style and script by hash, and follows events that matter', async () => {
    const response = await request(createRoutes(hubPorts(new MemoryFleet()), LOOPBACK_ONLY)).get('/');
    const script = /<script>(.*?)<\/script>/s.exec(response.text)?.[1] ?? '';
    const hash = createHash('sha256').update(script).digest('base64');
    expect(response.headers['content-security-policy']).toContain(`script-src 'sha256-${hash}'`);
    expect(script).toContain("new EventSource('events?severity=warning')");
  });
});

describe('the last deaths of a fleet', () => {
  const gone = { type: 'server-gone', severity: 'critical', reason: 'crashed', cause: 'unknown', lost: null } as const;
  const cause = { type: 'server-gone-cause', cause: 'oom_kernel', evidence: 'The kernel log says so.' } as const;

  it('are explained by the events of their own host, although the ids of hosts may be the same', () => {
    const fleet = new MemoryFleet();
    fleet.push('a', hostEvent('a', 1, { ...gone } as object));
    fleet.push('b', hostEvent('b', 1, { ...gone } as object));
    fleet.push('b', hostEvent('b', 2, { ...cause, gone: 'e-1' } as object));
    const deaths = new LastDeaths(fleet.log);
    expect(deaths.list().map(({ name, explanation }) => [name, explanation?.cause ?? null])).toEqual([
      ['b', 'oom_kernel'],
      ['a', null],
    ]);
  });

  it('are those of the present log', () => {
    const fleet = new MemoryFleet();
    fleet.push('a', hostEvent('a', 1, { ...gone } as object));
    const deaths = new LastDeaths(fleet.log);
    expect(deaths.list()).toHaveLength(1);
    fleet.log.renew('ffffffffffff');
    fleet.push('b', hostEvent('b', 1, { ...gone } as object));
    expect(deaths.list().map(({ name }) => name)).toEqual(['b']);
  });
});
