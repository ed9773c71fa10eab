import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../machine/eventually.ts';
import { freePort } from '../machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

/** Under this path the same server is reached as at `/`. */
export const PREFIX = '/box/tmux/';

/** A real nginx on loopback before another server: with its default buffering, and cutting what is silent for `readTimeout`. */
export class Nginx {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, url: string, folder: string) {
    this.#process = process;
    this.url = url;
    this.#folder = folder;
  }

  /** Starts it before `upstream` (host:port). Resolves when it answers. */
  static async start(upstream: string, readTimeout: string): Promise<Nginx> {
    const folder = await makePrivateFolder();
    const port = await freePort();
    await mkdir(join(folder, 'temp'));
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temp.map((kind) => `${kind}_temp_path ${folder}/temp/${kind};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location ${PREFIX} { proxy_pass http://${upstream}/; proxy_read_timeout ${readTimeout}; }
    location / { proxy_pass http://${upstream}; proxy_read_timeout ${readTimeout}; }
  }
}
`,
    );
    const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
    const nginx = new Nginx(child, `http://127.0.0.1:${port}`, folder);
    await eventually(
      'nginx answers',
      async () => (await fetch(`${nginx.url}/-/healthy`).catch(() => null))?.ok === true,
    );
    return nginx;
  }

  /** Ends it. */
  async cleanup(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exit;
    await removeFolder(this.#folder);
  }
}
