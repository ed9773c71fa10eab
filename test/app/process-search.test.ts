import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProcessSearch } from '../../src/app/process-search.ts';
import type { RunningServer } from '../../src/proc/process/tmux-servers.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { Subject } from '../support/sample/registry-model.ts';

describe('A search for running servers, of one at whose path nobody answers', () => {
  let folder: string;
  let subject: Subject;
  let server: RunningServer;
  let isAtItsEnd: boolean;
  let search: ProcessSearch;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    subject = new Subject();
    isAtItsEnd = false;
    const socket = join(folder, 'work');
    server = { mark: { pid: 42, start: '777' }, uid: 0, socket, isElsewhere: false, startedAt: 1_000 };
    search = new ProcessSearch({
      registry: subject.registry,
      runningServers: () => [server],
      isAtItsEnd: () => isAtItsEnd,
      nameOf: () => 'work',
      isWanted: () => true,
      onLiveSocket: () => {},
    });
  });

  afterEach(() => removeFolder(folder));

  function adopted(): readonly string[] {
    return subject.registry.list().map(({ target }) => target.name);
  }

  it('adopts it when two scans in a row have seen it so', async () => {
    await search.scan();
    expect(adopted()).toEqual([]);
    await search.scan();
    expect(adopted()).toEqual(['work']);
  });

  it('does not adopt a dying one, whose death may be reported already', async () => {
    await search.scan();
    isAtItsEnd = true;
    await search.scan();
    await search.scan();
    expect(adopted()).toEqual([]);
  });

  it('does not take one for another that had the same pid', async () => {
    await search.scan();
    server = { ...server, mark: { pid: 42, start: '999' } };
    await search.scan();
    expect(adopted()).toEqual([]);
  });

  it('does not adopt it as long as a server that has not said its pid may be it, moved', async () => {
    subject.registry.register({ name: 'moved', socket: join(folder, 'moved'), registration: 'discovered' });
    await search.scan();
    await search.scan();
    expect(adopted()).toEqual(['moved']);

    subject.registry.deregister('moved', false);
    await search.scan();
    await search.scan();
    expect(adopted()).toEqual(['work']);
  });
});
