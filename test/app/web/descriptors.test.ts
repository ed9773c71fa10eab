import { describe, expect, it } from '@jest/globals';
import { limitsWithin } from '../../../src/app/web/descriptors.ts';
import type { FileReading } from '../../../src/core/file.ts';

const LIMITS = { mostConnections: 4_096, mostUnreadBytes: 1 };

const limitsFile = (most: string): FileReading => ({
  kind: 'read',
  mode: 0o444,
  text: `Max processes             95964                95964                processes \nMax open files            ${most.padEnd(20)} 1048576              files     \n`,
});

describe('The limit of connections', () => {
  it.each<[string, FileReading, number]>([
    ['at most half of the descriptors', limitsFile('1024'), 512],
    ['no more than without a limit of them', limitsFile('1048576'), 4_096],
    ['what it is where there are as many as one likes', limitsFile('unlimited'), 4_096],
    ['what it is where their limit is unknown', { kind: 'unreadable', problem: 'does not exist' }, 4_096],
  ])('is %s', async (_name, reading, most) => {
    expect(await limitsWithin(LIMITS, async () => reading)).toEqual({ ...LIMITS, mostConnections: most });
  });
});
