import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { EventDraft } from '../../../src/core/event/event.ts';
import type { GoneReason } from '../../../src/core/model/server.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { goneDraft } from '../../../src/core/wording/draft.ts';
import { LastDeaths } from '../../../src/http/page/last-deaths.ts';
import { renderPage } from '../../../src/http/page/page.ts';
import { createRoutes } from '../../../src/http/routes.ts';
import type { ServerJson } from '../../../src/http/server-json.ts';
import {
  DEAD,
  failed,
  NOW as SAMPLE_NOW,
  sampleDeath,
  sampleSession,
  sampleSnapshot,
  upRecord,
} from '../../support/sample/sample.ts';
import { fixedServers, LOOPBACK_ONLY, NOW, portsWith, serverJson } from '../support/ports.ts';

function page(...servers: readonly ServerJson[]): string {
  return renderPage({ version: '1.2.3', host: 'box', servers, deaths: [], telemetryPath: '/metrics', now: NOW });
}

function pageOfDeaths(...drafts: readonly EventDraft[]): string {
  const history = new MemoryLog('e', { host: 'box', bootId: null });
  for (const draft of drafts) history.append(draft, NOW - 7_200_000);
  return renderPage({
    version: '1.2.3',
    host: 'box',
    servers: [],
    deaths: new LastDeaths(history).list(),
    telemetryPath: '/metrics',
    now: NOW,
  });
}

const TWO_SESSIONS = sampleSnapshot({
  sessions: [sampleSession(0, { name: 'api' }), sampleSession(1, { name: 'web' })],
});

function death(reason: GoneReason = 'crashed', snapshot = TWO_SESSIONS): EventDraft {
  return goneDraft(upRecord(snapshot), sampleDeath(reason, SAMPLE_NOW), {
    ...failed('refused', DEAD),
    diedAt: SAMPLE_NOW,
  });
}

/** What a reader sees of a page: its text without tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<(style|title|script)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the landing page', () => {
  it('shows a server with its state in words, since when, and its counts', () => {
    expect(textOf(page(serverJson()))).toContain('work /tmp/tmux-1000/work up for 1 min 5 s 2 3 5');
  });

  it('names what it counts for a narrow page, which has no heading of columns', () => {
    const markup = page(serverJson({ sessions: 1, windows: 2, panes: 0 }));
    expect([...markup.matchAll(/data-noun="(\w+)"/g)].map(([, noun]) => noun)).toEqual(['session', 'windows', 'panes']);
  });

  it('counts the servers by state', () => {
    const servers = [serverJson(), serverJson({ name: 'b' }), serverJson({ name: 'c', state: 'gone' })];
    expect(textOf(page(...servers))).toContain('3 servers: 1 gone, 2 up.');
  });

  it('puts what needs a person first', () => {
    const markup = page(serverJson({ name: 'fine' }), serverJson({ name: 'dead', state: 'gone' }));
    expect(markup.indexOf('dead')).toBeLessThan(markup.indexOf('fine'));
  });

  it('says what failed, why it is not talked to, and when it died', () => {
    const text = textOf(
      page(
        serverJson({
          state: 'unreachable',
          unreachable: 'socket_lost',
          failure: { reason: 'no_socket', message: 'there is no socket' },
          cure: { text: 'kill -USR1 42 brings it back', command: 'kill -USR1 42' },
          last_death: { reason: 'crashed', cause: 'unknown', at: new Date(NOW - 7_200_000).toISOString() },
        }),
      ),
    );
    expect(text).toMatch(
      /Alive, but its socket is lost\. +There is no socket +kill -USR1 42 +Brings it back +It crashed +2 h +ago\./,
    );
  });

  it('leaves a path as it is at the beginning of a sentence', () => {
    const failure = { reason: 'no_socket' as const, message: '/tmp/work is no socket' };
    const markup = page(serverJson({ state: 'unreachable', unreachable: 'socket_lost', failure }));
    expect(markup).toContain('<p>/tmp/work is no socket</p>');
    expect(markup).not.toContain('text-transform: uppercase');
  });

  it('shows unknown counts as unknown, not as 0', () => {
    const markup = page(serverJson({ sessions: null, windows: null, panes: null }));
    expect(markup.match(/aria-label="unknown"/g)).toHaveLength(3);
  });

  it('escapes everything that others can name', () => {
    const hostile = '"><script>alert(1)</script>';
    const markup = page(serverJson({ socket: hostile, failure: { reason: 'parse', message: hostile } }));
    expect(markup.match(/<script/g)).toHaveLength(1);
    expect(markup.match(/&lt;script&gt;/g)).toHaveLength(2);
  });

  it.each([
    ['the healthy ones', 12, 0],
    ['more than a dozen healthy ones', 13, 1],
  ])('folds %s: %i', (_, count, folds) => {
    const healthy = Array.from({ length: count }, (_, at) => serverJson({ name: `s${at}` }));
    const markup = page(...healthy, serverJson({ name: 'dead', state: 'gone' }));
    expect(markup.match(/<details/g) ?? []).toHaveLength(folds);
    expect(markup.indexOf('dead')).toBeLessThan(markup.indexOf('s0'));
    if (folds > 0) expect(markup.indexOf('dead')).toBeLessThan(markup.indexOf('<details'));
    expect(textOf(markup)).toContain('s11');
  });

  it('has room for a note only if there is one', () => {
    expect(page(serverJson())).not.toContain('class="note"');
    const failed = serverJson({ failure: { reason: 'parse', message: 'garbled' } });
    expect(page(serverJson(), failed).match(/class="note"/g)).toHaveLength(1);
  });

  it('keeps the command of a cure in one piece', () => {
    const command = "mv '/tmp/a b' '/tmp/c'";
    const cure = { text: `Someone took it. ${command} frees it.`, command };
    const markup = page(serverJson({ state: 'unreachable', unreachable: 'socket_lost', cure }));
    expect(markup).toContain(
      '<p>Someone took it. </p><code class="command" tabindex="0">mv &#39;/tmp/a b&#39; &#39;/tmp/c&#39;</code><p>Frees it.</p>',
    );
  });

  it('names the machine, and how many servers need a person, in its title', () => {
    expect(page(serverJson())).toContain('<title>box: tmux servers</title>');
    expect(page(serverJson({ state: 'gone' }))).toContain('<title>(1) box: tmux servers</title>');
  });

  it('links to nothing by an absolute path: a proxy may add a prefix', () => {
    const links = [...page(serverJson()).matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => !/^(data:|[-a-z])/.test(link ?? ''))).toEqual([]);
    expect(page()).toContain("new EventSource('events')");
  });

  it('shows the last deaths with reason, loss and life', () => {
    expect(textOf(pageOfDeaths(death()))).toContain(
      'Last deaths Server When Reason and cause Lost work 2 h ago crashed 2 sessions, 1 pane: api, web; running: sh Was up 1 h',
    );
  });

  it('says of when the list of a loss is, if that is older than the death', () => {
    const later = goneDraft(
      upRecord(TWO_SESSIONS),
      sampleDeath('crashed', SAMPLE_NOW + 60_000),
      failed('refused', DEAD),
    );

    expect(textOf(pageOfDeaths(later))).toContain('running: sh The list is as of 2026-03-01 12:00:00 UTC. Was up 1 h');
    expect(textOf(pageOfDeaths(death()))).not.toContain('as of 2026-03-01');
  });

  it('shows the cause and its evidence, once they are known', () => {
    const cause: EventDraft = {
      ...death(),
      type: 'server-gone-cause',
      details: {
        gone: 'e-1',
        reason: 'crashed',
        cause: 'oom_kernel',
        evidence: 'The kernel killed it.',
        facts: {} as never,
      },
    };
    expect(textOf(pageOfDeaths(death(), cause))).toContain(
      'crashed : the kernel killed it because memory ran out The kernel killed it.',
    );
  });

  it('keeps the last ten deaths, newest first, in the colour of their severity', () => {
    const markup = pageOfDeaths(...Array.from({ length: 11 }, () => death()), death('exited'));
    expect(markup.match(/<span class="state (critical|warning)">/g)).toHaveLength(10);
    expect(markup.indexOf('state warning')).toBeLessThan(markup.indexOf('state critical'));
  });

  it('says how a server gets there when there is none', () => {
    expect(textOf(page())).toContain('tmux-exporter servers add NAME /path/of/socket');
  });

  it('allows its own style and script by hash and nothing else', async () => {
    const app = createRoutes(portsWith({ servers: fixedServers(serverJson()) }), LOOPBACK_ONLY);
    const response = await request(app).get('/');
    const style = /<style>(.*?)<\/style>/s.exec(response.text)?.[1] ?? '';
    const script = /<script>(.*?)<\/script>/s.exec(response.text)?.[1] ?? '';
    const [hash, scriptHash] = [style, script].map((text) => createHash('sha256').update(text).digest('base64'));
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; script-src 'sha256-${scriptHash}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });
});
