import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Notification } from '../../../src/core/alert/notification.ts';
import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { makeFolder } from '../../../src/files/folder.ts';
import { DurableJournal } from '../../../src/store/journal.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { answers, Endpoint } from '../support/endpoint.ts';
import { STEPS } from './support/killable-events.ts';

const PROGRAM = fileURLToPath(new URL('support/killable.ts', import.meta.url));
const KILLS = 100;

let folder: string;
let endpoint: Endpoint;

beforeAll(async () => {
  folder = await makePrivateFolder();
  let request = 0;
  endpoint = await Endpoint.start((response, received) => {
    request++;
    if (request % 7 === 0) answers(503, '', { 'retry-after': '0' })(response, received);
    else setTimeout(() => answers(204)(response, received), request % 5);
  });
});

afterAll(async () => {
  await endpoint.close();
  await removeFolder(folder);
});

function start(step: string, run: number, deaths: number): ChildProcess {
  const args = [PROGRAM, join(folder, 'journal.db'), endpoint.url, step, String(run), String(deaths)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Settles when the process has written a line. */
async function says(child: ChildProcess, wanted: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line === wanted) return;
  }
}

/** Runs until it kills itself at a step, or is killed at a moment. */
async function runAndKill(run: number): Promise<void> {
  const step = STEPS[run % 5];
  const child = start(step ?? 'none', run, 2);
  const ended = once(child, 'exit');
  if (step === undefined) {
    await Promise.race([says(child, 'started'), ended]);
    await delay(Math.random() * 60);
    child.kill('SIGKILL');
  }
  const [, signal] = await ended;
  expect(signal).toBe('SIGKILL');
}

/** Runs until everything has arrived. */
async function runToTheEnd(): Promise<void> {
  const child = start('none', KILLS, 0);
  const ended = once(child, 'exit');
  await Promise.race([says(child, 'idle'), ended]);
  child.kill('SIGTERM');
  const [code] = await ended;
  expect(code).toBe(0);
}

function storedEvents(): TmuxEvent[] {
  const journal = new DurableJournal({
    path: join(folder, 'journal.db'),
    origin: { host: 'machine', bootId: null },
    machineId: null,
    pidNamespace: null,
    newEpoch: () => 'epoch',
    now: Date.now,
    makeFolder,
    onError: () => {},
    onFailed: () => {},
    onRecovered: () => {},
    onReplaced: () => {},
  });
  const events = journal.after(0).map(({ event }) => event);
  journal.close();
  return events;
}

describe('an alerting that is killed at each step of a delivery, a hundred times', () => {
  it('reports every stored incident, the death before the return, and each message under one id', async () => {
    for (let run = 0; run < KILLS; run++) await runAndKill(run);
    await runToTheEnd();

    const messages = endpoint.bodies<Notification>();
    const notices = messages.flatMap((message) => message.notices);
    const arrived = new Set(notices.map(({ event }) => event.id));
    const stored = storedEvents();
    expect(stored.length).toBeGreaterThan(KILLS);
    expect(stored.filter(({ id }) => !arrived.has(id))).toEqual([]);

    const begun = new Set<string>();
    for (const { status, event } of notices) {
      if (status === 'firing') begun.add(event.id);
      else expect(begun).toContain(event.incident);
    }

    const contents = new Map<string, Set<string>>();
    for (const { id, notices } of messages)
      contents.set(id, (contents.get(id) ?? new Set()).add(JSON.stringify(notices)));
    expect([...contents.values()].filter(({ size }) => size !== 1)).toEqual([]);
    const ids = endpoint.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual(messages.map(({ id }) => id));
    // Some messages came twice: otherwise no kill hit between a request and its end.
    expect(messages.length).toBeGreaterThan(contents.size);
  }, 300_000);
});
