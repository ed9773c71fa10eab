import { randomBytes } from 'node:crypto';
import { flushCompileCache } from 'node:module';
import { createAlerting } from '../../../../src/alert/alerting.ts';
import { type Clock, withTimers } from '../../../../src/alert/delivery/alert-clock.ts';
import { systemResolve } from '../../../../src/alert/request/address-guard.ts';
import { CONNECT } from '../../../../src/alert/request/connect.ts';
import type { Outbox } from '../../../../src/core/alert/outbox.ts';
import { FileReader } from '../../../../src/files/file-reader.ts';
import { makeFolder } from '../../../../src/files/folder.ts';
import { DurableJournal } from '../../../../src/store/journal.ts';
import { unsetClock } from '../../../support/sample/fake-clock.ts';
import { receiverOf } from '../../support/receiver.ts';
import { goneDraftOf, type Step, upDraftOf } from './killable-events.ts';

const [path = '', url = '', step = 'none', run = '0', deaths = '0'] = process.argv.slice(2);

// Who is killed keeps nothing of what was compiled.
flushCompileCache();

/** Dies as by `kill -9`, if this is the step. */
function dieAt(at: Step): void {
  if (at === step) process.kill(process.pid, 'SIGKILL');
}

const journal = new DurableJournal({
  path,
  origin: { host: 'machine', bootId: null },
  machineId: null,
  pidNamespace: null,
  newEpoch: () => 'epoch',
  now: Date.now,
  makeFolder,
  onError: () => {},
  onFailed: (error) => {
    throw error;
  },
  onRecovered: () => {},
  onReplaced: () => {},
});

/** The outbox of the journal, with death around the commits in which something is added or removed. */
const outbox: Outbox = {
  get taken() {
    return journal.outbox.taken;
  },
  rows: (receiver) => journal.outbox.rows(receiver),
  all: () => journal.outbox.all(),
  commit: (changes, taken) => {
    const isMade = changes.some(({ kind, row }) => kind === 'message' && row !== null);
    const isAcknowledged = changes.some(({ kind, row }) => kind === 'message' && row === null);
    if (isMade) dieAt('before-commit');
    if (isAcknowledged) dieAt('before-ack');
    journal.outbox.commit(changes, taken);
    if (isMade) dieAt('after-commit');
  },
};

/** Time goes by twenty times as fast, so that pauses are short. */
const SPEED = 20;
const begun = Date.now();
const slow = withTimers(unsetClock(() => begun + (Date.now() - begun) * SPEED));
const clock: Clock = { ...slow, after: (ms, task) => slow.after(ms / SPEED, task) };

const alerting = createAlerting({
  receivers: [receiverOf({ url, group: { waitMs: 5, intervalMs: 0, max: 3 }, cooldownMs: 0 })],
  alertmanagers: [],
  outbox,
  history: journal,
  isOpen: () => true,
  sender: () => ({ host: 'machine', version: '1', url: '' }),
  network: { resolve: systemResolve, connect: CONNECT, variables: {} },
  readFile: new FileReader().read,
  clock,
  observer: {
    attempted: () => setTimeout(() => dieAt('during-request'), 2),
    settled: () => {},
    failed: () => {},
    recovered: () => {},
    pushed: () => {},
  },
  random: () => 0,
  newId: () => `msg_${randomBytes(8).toString('hex')}`,
});

alerting.start();
const queued = setInterval(() => {
  if (alerting.receivers().every((receiver) => receiver.queued === 0)) process.stdout.write('idle\n');
}, 5);
for (let death = 0; death < Number(deaths); death++) {
  const server = `s${run}-${death}`;
  const { event } = journal.step(() => journal.append(goneDraftOf(server), Date.now()));
  alerting.onEvent();
  setTimeout(() => {
    journal.step(() => journal.append(upDraftOf(server, event.id), Date.now()));
    alerting.onEvent();
  }, 10 * death);
}
process.stdout.write('started\n');
process.once('SIGTERM', async () => {
  clearInterval(queued);
  await alerting.stop();
  journal.close();
});
