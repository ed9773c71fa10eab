import { setFlagsFromString } from 'node:v8';

/** Turns TurboFan on, which the program turns off at its start to save memory. A hub needs it: it reads and sends more events than an exporter ever has. */
export function compileForHub(): void {
  setFlagsFromString('--turbofan');
}
