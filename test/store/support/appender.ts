import { writeSync } from 'node:fs';
import { makeFolder } from '../../../src/files/folder.ts';
import { DurableJournal } from '../../../src/store/journal.ts';
import { livingServer, numbered } from './store.ts';

/** Appends to the journal at a path until it is killed. Prints the id of each event once it is stored, and failures of the store. */
const [path = '', epoch = ''] = process.argv.slice(2);

const journal = new DurableJournal({
  path,
  origin: { host: 'machine', bootId: 'boot-1' },
  machineId: 'id-1',
  pidNamespace: null,
  newEpoch: () => epoch,
  now: Date.now,
  makeFolder,
  onError: () => {},
  onFailed: () => print('failed'),
  onRecovered: () => print('recovered'),
  onReplaced: () => print('replaced'),
});

for (;;) {
  const logged = journal.step(() => {
    const number = journal.head + 1;
    journal.remember(livingServer('work', { since: number }));
    return journal.append(numbered(number), Date.now());
  });
  print(logged.event.id);
}

function print(line: string): void {
  writeSync(1, `${line}\n`);
}
