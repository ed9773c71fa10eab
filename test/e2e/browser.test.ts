import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { Daemon } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { isInstalled } from '../support/program.ts';
import { TmuxServer } from '../support/tmux-server.ts';
import { watched } from '../support/watched.ts';

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
    expect(gone?.title).toMatch(/^tmux server work crashed: 1 session, 1 pane lost \(main\), up \d+ s$/);
    expect(gone?.lastEventId).toBe(gone?.id);
    await page.close();
  }, 60_000);

  it('shows the servers on the landing page', async () => {
    await server.restart();
    await eventually(
      'the server is up again',
      async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1,
    );
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(daemon.url);
    expect(await page.locator('table').innerText()).toContain('work');
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);
});
