import type { Patient } from '../death/cure.ts';
import type { Life, ServerRecord } from './record.ts';

/** The living server of `record` as its cures need to know it. */
export function patientOf({ target, isPathTaken }: ServerRecord, { incarnation, details }: Life): Patient {
  return {
    pid: incarnation.pid,
    command: details?.command ?? null,
    socket: target.socket,
    formerSocket: target.given ?? null,
    boundPaths: details?.boundPaths ?? [],
    isElsewhere: details?.isElsewhere ?? null,
    isDisplaced: target.displacedPid !== undefined,
    isPathTaken,
  };
}
