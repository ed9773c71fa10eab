import { describe, expect, it } from '@jest/globals';
import type { Environment } from '../../src/app/environment.ts';
import { machineFolder } from '../../src/app/machine-folder.ts';

function folderOf(hostname: string, machineId: string | null = 'id'): string {
  return machineFolder({ stateHome: '/state', hostname, machineId } as Environment);
}

describe('The folder of a machine', () => {
  it('is unique for host name and machine id, and does not show the machine id', () => {
    expect(folderOf('box')).toMatch(/^\/state\/tmux-exporter\/box-[0-9a-f]{8}$/);
    expect(new Set([folderOf('box'), folderOf('other'), folderOf('box', 'other'), folderOf('box', null)]).size).toBe(4);
  });

  it('stays if a laptop enters a network with another domain', () => {
    expect(folderOf('box.example.org', null)).toBe(folderOf('box.local', null));
  });

  it.each(['', '..', '../x', 'a/b', '\n', 'x'.repeat(300)])(
    'stays in the state folder, whatever the host is called: %j',
    (host) => {
      expect(folderOf(host)).toMatch(/^\/state\/tmux-exporter\/[A-Za-z0-9_-]{1,40}-[0-9a-f]{8}$/);
    },
  );
});
