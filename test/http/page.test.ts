import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { renderPage } from '../../src/http/page.ts';
import { createRoutes } from '../../src/http/routes.ts';
import type { ServerJson } from '../../src/http/server-json.ts';
import { fixedServers, LOOPBACK_ONLY, NOW, portsWith, serverJson } from './support/ports.ts';

function page(...servers: readonly ServerJson[]): string {
  return renderPage({ version: '1.2.3', servers, now: NOW });
}

/** What a reader sees of a page: its text without tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<(style|title)>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

describe('the landing page', () => {
  it('shows a server with its state in words, since when, and its counts', () => {
    expect(textOf(page(serverJson()))).toContain('work /tmp/tmux-1000/work up for 1 min 5 s 2 3 5');
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
          failure: { reason: 'no_socket', message: 'kill -USR1 42 brings it back' },
          last_death: { reason: 'crashed', cause: 'unknown', at: new Date(NOW - 7_200_000).toISOString() },
        }),
      ),
    );
    expect(text).toMatch(/Alive, but its socket is lost\. +kill -USR1 42 brings it back +It crashed +2 h +ago\./);
  });

  it('shows unknown counts as unknown, not as 0', () => {
    const markup = page(serverJson({ sessions: null, windows: null, panes: null }));
    expect(markup.match(/aria-label="unknown"/g)).toHaveLength(3);
  });

  it('escapes everything that others can name', () => {
    const hostile = '"><script>alert(1)</script>';
    const markup = page(serverJson({ socket: hostile, failure: { reason: 'parse', message: hostile } }));
    expect(markup).not.toContain('<script');
    expect(markup.match(/&lt;script&gt;/g)).toHaveLength(2);
  });

  it('says how a server gets there when there is none', () => {
    expect(textOf(page())).toContain('tmux-exporter servers add NAME /path/of/socket');
  });

  it('allows its own style by hash and nothing else', async () => {
    const app = createRoutes(portsWith({ servers: fixedServers(serverJson()) }), LOOPBACK_ONLY);
    const response = await request(app).get('/');
    const style = /<style>(.*?)<\/style>/s.exec(response.text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(response.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(response.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });
});
