import type { Patient } from '../death/cure.ts';
import { type Life, pidOf, type ServerRecord } from './record.ts';

/** The living server of `record` as its cures need to know it. */
export function patientOf({ target, isPathTaken }: ServerRecord, life: Life): Patient {
  const { details } = life;
  return {
    pid: pidOf(life),
    command: details?.command ?? null,
    socket: target.socket,
    formerSocket: target.given ?? null,
    boundPaths: details?.boundPaths ?? [],
    isElsewhere: details?.isElsewhere ?? null,
    isDisplaced: target.displacedPid !== undefined,
    isPathTaken,
  };
}
