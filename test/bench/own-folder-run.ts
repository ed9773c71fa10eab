import { tmpdir } from 'node:os';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { takeOwnFolder } from './own-folder.ts';

// A run with a tmux server, which goes on until it is ended.

takeOwnFolder();
const server = await TmuxServer.start();
process.stdout.write(`${JSON.stringify({ pid: server.pid, folder: tmpdir() })}\n`);
setInterval(() => {}, 1_000);
