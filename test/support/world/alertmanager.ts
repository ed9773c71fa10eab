import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

/** An alert as `amtool alert` lists it. */
export interface ListedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
  readonly status: { readonly state: string };
}

/** How an Alertmanager is started for a test. */
export interface AlertmanagerOptions {
  readonly port: number;
  /** URLs that get every alert, immediately. */
  readonly webhooks: readonly string[];
  /** The file of the bearer token that they are sent. */
  readonly tokenFile?: string;
}

/** A real Alertmanager on loopback, alone. */
export class Alertmanager {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, url: string, folder: string) {
    this.#process = process;
    this.url = url;
    this.#folder = folder;
  }

  /** Starts it. Resolves when it is ready. */
  static async start({ port, webhooks, tokenFile }: AlertmanagerOptions): Promise<Alertmanager> {
    const login = tokenFile ? `, http_config: {authorization: {credentials_file: '${tokenFile}'}}` : '';
    const hooks = webhooks.map((url) => `{url: '${url}', send_resolved: true${login}}`).join(', ');
    return Alertmanager.configured(
      port,
      `route: {receiver: all, group_wait: 100ms, group_interval: 300ms, repeat_interval: 1h}
receivers: [{name: all, webhook_configs: [${hooks}]}]
`,
    );
  }

  /** Starts one with a configuration of its own, as YAML. */
  static async configured(port: number, yaml: string): Promise<Alertmanager> {
    const folder = await makePrivateFolder();
    const config = join(folder, 'alertmanager.yml');
    await writeFile(config, yaml);
    const address = `127.0.0.1:${port}`;
    const flags = [
      `--config.file=${config}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ];
    const child = spawn('prometheus-alertmanager', flags, { stdio: 'ignore' });
    const alertmanager = new Alertmanager(child, `http://${address}`, folder);
    const ready = () =>
      fetch(`${alertmanager.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually('Alertmanager is ready', ready, 20_000);
    return alertmanager;
  }

  /** Gives it alerts that fire now, each by its labels. */
  async fire(alerts: readonly Readonly<Record<string, string>>[]): Promise<void> {
    const response = await fetch(`${this.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts.map((labels) => ({ labels }))),
    });
    if (!response.ok) throw new Error(`the Alertmanager answered ${response.status}: ${await response.text()}`);
  }

  /** What `amtool alert` lists, those that are inhibited too. */
  async alerts(): Promise<ListedAlert[]> {
    const args = ['alert', 'query', '--inhibited', '--active', '--output=json', `--alertmanager.url=${this.url}`];
    const { stdout } = await promisify(execFile)('amtool', args);
    return JSON.parse(stdout) as ListedAlert[];
  }

  /** Ends it, and removes what it stored. */
  async cleanup(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exit;
    await removeFolder(this.#folder);
  }
}
