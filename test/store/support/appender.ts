import { writeSync } from 'node:fs';
import { makeFolder } from '../../../src/files/folder.ts';
import { DurableJournal } from '../../../src/store/journal.ts';
import { livingServer, numbered } from './store.ts';

/** Appends to the journal at a path, for as long as it is let, and tells on stdout of each event once it is stored: its id, or what became of the store. */
const [path = '', epoch = ''] = process.argv.slice(2);

const journal = new DurableJournal({
  path,
  origin: { host: 'machine', bootId: 'boot-1' },
  machineId: 'id-1',
  newEpoch: () => epoch,
  now: Date.now,
  makeFolder,
  onError: () => {},
  onFailed: () => tell('failed'),
  onRecovered: () => tell('recovered'),
  onReplaced: () => tell('replaced'),
});

for (;;) {
  const logged = journal.step(() => {
    const number = journal.head + 1;
    journal.remember(livingServer('work', { since: number }));
    return journal.append(numbered(number), Date.now());
  });
  tell(logged.event.id);
}

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}
