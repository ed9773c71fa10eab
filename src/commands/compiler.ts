import { setFlagsFromString } from 'node:v8';

/** Turns V8's last compiler on again, which the program turns off at its start to save memory. A hub needs it, because it reads and sends more events than an exporter ever has. */
export function compileForHub(): void {
  setFlagsFromString('--turbofan');
}
