import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProcessSearch } from '../../src/app/process-search.ts';
import type { RunningServer } from '../../src/proc/process/tmux-servers.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { Subject } from '../support/sample/registry-model.ts';
import { answered, INCARNATION } from '../support/sample/sample.ts';

const UID = 1_000;
const OTHER_UID = 1_001;

describe('A search for running servers, of one at whose path nobody answers', () => {
  let folder: string;
  let subject: Subject;
  let server: RunningServer;
  let others: readonly RunningServer[];
  let isAtItsEnd: boolean;
  let search: ProcessSearch;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    subject = new Subject();
    isAtItsEnd = false;
    others = [];
    const socket = join(folder, 'work');
    server = {
      mark: { pid: 42, start: '777' },
      ownPid: 42,
      uid: UID,
      socket,
      isItsPlace: true,
      command: 'tmux: server',
      isElsewhere: false,
      startedAt: 1_000,
    };
    search = new ProcessSearch({
      registry: subject.registry,
      ownUid: 0,
      runningServers: () => [server, ...others],
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

  it.each([
    ['if its user can have made its socket there', true, ['mine']],
    ['never if its user cannot: it has a name of its own', false, ['mine', 'work+42']],
  ])('takes it for the configured server of its path %s', async (_, isItsPlace, names) => {
    subject.registry.register({ name: 'mine', socket: server.socket, registration: 'static' });
    server = { ...server, isItsPlace };
    await search.scan();
    await search.scan();

    expect(adopted()).toEqual(names);
    expect(subject.registry.ofProcess(server.mark)?.target.name).toBe(names.at(-1));
  });

  it.each([
    ['of the same user', UID, 'theirs+42'],
    ['of another user: it has a name of its own', OTHER_UID, 'work+42'],
  ])('names it after the server that has its path, %s', async (_, uid, name) => {
    const listener = createServer().listen(server.socket);
    await once(listener, 'listening');
    const other = { ...server, mark: { pid: 41, start: '776' }, ownPid: 41, uid };
    others = [other];
    subject.registry.adopt({ name: 'theirs', socket: server.socket, registration: 'discovered' }, other);
    await search.scan();
    await search.scan();
    listener.close();

    expect(adopted()).toEqual(['theirs', name].toSorted());
  });

  it('tells those apart that call themselves by the same pid, each in a namespace of its own', async () => {
    const listener = createServer().listen(server.socket);
    await once(listener, 'listening');
    server = { ...server, ownPid: 7 };
    const other = { ...server, mark: { pid: 41, start: '776' } };
    others = [other];
    subject.registry.adopt({ name: 'theirs', socket: server.socket, registration: 'discovered' }, other);
    await search.scan();
    await search.scan();
    listener.close();

    expect(adopted()).toEqual(['theirs', 'theirs+42']);
  });

  it('does not adopt one that answers by the pid by which it calls itself, while its process is not proven', async () => {
    server = { ...server, ownPid: INCARNATION.pid, uid: 1_000 };
    const answer = answered();
    if (answer.answer.kind !== 'snapshot') throw new Error('expected an answer');
    subject.registry.register({ name: 'moved', socket: join(folder, 'moved'), registration: 'discovered' });
    const { generation = 0 } = subject.registry.get('moved') ?? {};
    subject.registry.apply('moved', generation, { ...answer, answer: { ...answer.answer, process: null } });
    await search.scan();
    await search.scan();

    expect(adopted()).toEqual(['moved']);
  });
});
