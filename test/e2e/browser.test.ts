import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { isInstalled } from '../support/machine/program.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';
import { Nginx, PREFIX } from '../support/world/nginx.ts';

const describeInBrowser = isInstalled('chromium') ? describe : describe.skip;

const FLAGS = [
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describeInBrowser('A browser', () => {
  let daemon: Daemon;
  let server: TmuxServer;
  let browser: Browser;

  beforeAll(async () => {
    daemon = await Daemon.start();
    server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false, args: FLAGS });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await server.cleanup();
    await daemon.cleanup();
  });

  /** Leads a tab to a page that another server gives. */
  async function otherOrigin(page: Page): Promise<Server> {
    const other = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>another origin</title>');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    return other;
  }

  it('follows the feed by its own EventSource, and sees a death', async () => {
    const page = await browser.newPage();
    await page.goto(`${daemon.url}/-/healthy`);
    await page.evaluate(`
      window.seen = [];
      const source = new EventSource('/events');
      for (const type of ['hello', 'snapshot', 'server-up', 'server-gone']) {
        source.addEventListener(type, ({ data, lastEventId }) => seen.push({ ...JSON.parse(data), lastEventId }));
      }
    `);
    await page.waitForFunction(`seen.some(({ type }) => type === 'snapshot')`);
    await watched(daemon, server);
    await server.crash();
    await page.waitForFunction(`seen.some(({ type }) => type === 'server-gone')`);
    const seen = (await page.evaluate('seen')) as { type: string; id?: string; lastEventId: string; title?: string }[];
    const gone = seen.find(({ type }) => type === 'server-gone');
    expect(gone?.title).toMatch(/^tmux server work crashed: 1 session, 1 pane lost \(main\); it ran for \d+ s$/);
    expect(gone?.lastEventId).toBe(gone?.id);
    await page.close();
  }, 60_000);

  it('takes no place of the feed for a page of another origin, by frames, images or fetch', async () => {
    const { port } = new URL(daemon.url);
    const page = await browser.newPage();
    const other = await otherOrigin(page);
    // A stream would never be at its end.
    await page.evaluate(`
      const ended = (n) => new Promise((end) => {
        const url = 'http://a' + n + '.localhost:${port}/events';
        if (n % 3 === 0) return fetch(url, { mode: 'no-cors' }).then((response) => response.text()).then(end, end);
        const element = document.createElement(n % 3 === 1 ? 'iframe' : 'img');
        document.body.append(Object.assign(element, { src: url, onload: end, onerror: end }));
      });
      Promise.all(Array.from({ length: 60 }, (_, n) => ended(n)));
    `);
    expect(await daemon.sample('tmux_exporter_feed_clients')).toBe(0);
    await page.close();
    other.close();
  }, 60_000);

  it('lets a page of another origin read nothing, follow nothing and change nothing', async () => {
    const { port } = new URL(daemon.url);
    const page = await browser.newPage();
    const origin = await otherOrigin(page);
    const failures = await page.evaluate(`
      const url = 'http://localhost:${port}';
      const failure = (promise) => promise.then(async (response) => response.status + await response.text(), String);
      const put = { method: 'PUT', body: '{"socket":"/nowhere"}' };
      const followed = new Promise((resolve) => {
        const source = new EventSource(url + '/events');
        source.onopen = () => resolve('open');
        source.onerror = () => { source.close(); resolve('refused'); };
      });
      Promise.all([
        failure(fetch(url + '/metrics')),
        failure(fetch(url + '/api/v1/servers', { credentials: 'include' })),
        failure(fetch(url + '/api/v1/servers/evil', { ...put, headers: { 'Content-Type': 'application/json' } })),
        failure(fetch(url + '/-/reload', { method: 'POST', mode: 'no-cors' })),
        followed,
      ]);
    `);
    const refused = 'TypeError: Failed to fetch';
    // The answer to the last request is there, but the page cannot see it.
    expect(failures).toEqual([refused, refused, refused, '0', 'refused']);
    expect(await (await fetch(`${daemon.url}/api/v1/servers/evil`)).json()).toMatchObject({
      error: { code: 'unknown_server' },
    });
    await page.close();
    origin.close();
  }, 60_000);

  it('gets nothing by a name of another site that was made to lead to this machine', async () => {
    const { port } = new URL(daemon.url);
    const rebound = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      chromiumSandbox: false,
      args: [...FLAGS, '--host-resolver-rules=MAP evil.example 127.0.0.1'],
    });
    const page = await rebound.newPage();
    const answer = await page.goto(`http://evil.example:${port}/metrics`);
    const within = await page.evaluate(`fetch('/api/v1/servers').then((response) => response.text())`);
    await rebound.close();
    expect(answer?.status()).toBe(403);
    expect(await within).toContain('"foreign_host"');
  }, 60_000);

  describe('on the landing page', () => {
    let nginx: Nginx;
    let page: Page;
    let problems: string[];

    beforeAll(async () => {
      nginx = await Nginx.start(daemon.url.replace('http://', ''), '60s');
    });
    beforeEach(async () => {
      problems = [];
      page = await browser.newPage();
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
    });
    afterEach(() => page.close());
    afterAll(() => nginx.cleanup());

    const ways = isInstalled('nginx') ? ['directly', 'behind the prefix of a proxy'] : ['directly'];

    it.each(ways)(
      'sees a server come and die, %s, without loading it again',
      async (way) => {
        await page.goto(way === 'directly' ? daemon.url : `${nginx.url}${PREFIX}`);
        await page.getByText('Live.').waitFor();
        await server.restart();
        await page.locator('tr', { hasText: 'work' }).locator('.up').waitFor();
        await watched(daemon, server);
        // The first poll can have met a pane that had not started its program yet.
        await ticks(daemon, 2);
        const before = await page.locator('#death-table tbody tr').count();
        await server.crash();
        await eventually(
          'its death is shown',
          async () => (await page.locator('#death-table tbody tr').count()) > before,
        );
        const row = page.locator('#death-table tbody tr').first();
        expect(await row.innerText()).toMatch(
          /work\s+\d+ s ago\s+crashed\s+1 session, 1 pane: main; running: cat\s+The list is as of [-\d]+ [:\d]+ UTC\.\s+Was up \d+ s/,
        );
        expect(await page.title()).toMatch(/: tmux servers$/);
        expect(problems).toEqual([]);
      },
      60_000,
    );

    it('has links that lead somewhere behind the prefix of a proxy', async () => {
      await page.goto(`${nginx.url}${PREFIX}`);
      const links = (await page.evaluate('[...document.querySelectorAll("dl a")].map(({ href }) => href)')) as string[];
      const finite = links.filter((link) => !link.endsWith('/events'));
      const answers = await Promise.all(finite.map(async (link) => (await fetch(link)).status));
      expect(links.every((link) => link.startsWith(`${nginx.url}${PREFIX}`))).toBe(true);
      expect(answers).toEqual([200, 200, 200, 200, 200]);
    });

    it('copies a cure in one piece by a click, and is not disturbed in it', async () => {
      await loseSocket();
      await page.goto(daemon.url);
      await page.locator('code.command').click();
      const other = await TmuxServer.start({ folder: daemon.sockets, name: 'other' });
      await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="other"}')) === 1);
      await page.getByText('Paused: text is selected.').waitFor();
      const selection = await page.evaluate('getSelection().toString()');
      await other.cleanup();
      expect(selection).toBe(
        `test ! -e ${server.socket} && ps -o comm= -p ${server.pid} | grep -qxF 'tmux: server' && kill -USR1 ${server.pid}`,
      );
    }, 60_000);

    it.each([
      ['link', 'dl a >> nth=3', 'api/v1/servers'],
      ['cure', 'code.command >> nth=0', 'kill -USR1'],
    ])(
      'keeps the keyboard focus on a %s when it is refreshed',
      async (name, selector, text) => {
        if (name === 'cure') await loseSocket();
        await page.goto(daemon.url);
        await page.getByText('Live.').waitFor();
        await page.locator(selector).focus();
        const other = await TmuxServer.start({ folder: daemon.sockets, name });
        await page.locator('#servers-table th', { hasText: name }).waitFor();
        const focused = await page.evaluate(
          'document.activeElement === document.body ? "" : document.activeElement.textContent',
        );
        await other.cleanup();
        expect(focused).toContain(text);
      },
      60_000,
    );

    it('says that what it shows may be old when the exporter is away, and is live again after', async () => {
      const own = await Daemon.start();
      const { port } = new URL(own.url);
      await page.goto(own.url);
      await page.getByText('Live.').waitFor();
      await own.stop();
      await page.getByText('Not connected, trying again: this may be old.').waitFor();
      const next = await Daemon.start({ sockets: own.sockets, flags: [`--web.listen-address=127.0.0.1:${port}`] });
      await page.getByText('Live.').waitFor({ timeout: 60_000 });
      await next.stop();
      await own.cleanup();
    }, 120_000);

    it.each([400, 1280])('cuts no long name in a width of %i pixels', async (width) => {
      const name = 'n'.repeat(60);
      await daemon.change(`/api/v1/servers/${name}`, 'PUT', { socket: `${daemon.sockets}/${name.slice(0, 20)}` });
      await page.setViewportSize({ width, height: 800 });
      await page.goto(daemon.url);
      const isWhole = `[...document.querySelectorAll('.scroll, tbody th')].every((one) => one.scrollWidth <= one.clientWidth)`;
      expect(await page.evaluate(isWhole)).toBe(true);
      await daemon.change(`/api/v1/servers/${name}`, 'DELETE');
    });

    async function loseSocket(): Promise<void> {
      await server.restart();
      await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
      await server.removeSocket();
    }

    it.each([320, 390, 1280])('fits into a width of %i pixels', async (width) => {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(daemon.url);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    });
  });
});
