import type { Environment } from '../../../src/app/environment.ts';
import { FileReader } from '../../../src/files/file-reader.ts';

/** The environment of a daemon in the process of the test, which keeps its state below a folder. */
export function environmentIn(stateHome: string): Environment {
  return {
    version: '1.2.3',
    nodeVersion: 'v24.0.0',
    hostname: 'box',
    machineId: null,
    pidNamespace: null,
    bootId: null,
    uid: process.getuid?.() ?? null,
    path: process.env['PATH'] ?? '',
    tmuxTmpdir: undefined,
    stateHome,
    pid: process.pid,
    variables: process.env,
    readFile: new FileReader().read,
    monotonicMs: () => performance.now(),
    signal: (pid, signal) => void process.kill(pid, signal),
  };
}
