import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

// An endpoint in a thread of its own. It answers only while the thread of the test is blocked.

/** 1 once the thread of the test is blocked, 2 once the answer is in the socket. */
const state = new Int32Array(workerData as SharedArrayBuffer);

const server = createServer((request, response) => {
  request.resume().once('end', () => {
    parentPort?.postMessage('taken');
    Atomics.wait(state, 0, 0);
    response.writeHead(204).end(() => {
      Atomics.store(state, 0, 2);
      Atomics.notify(state, 0);
    });
  });
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
