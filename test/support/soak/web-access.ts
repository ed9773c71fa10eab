import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { type Certificate, makeCertificate } from '../world/certificates.ts';

const ANSWER_MS = 10_000;
/** The shortest time that a renewal takes, with its one failed login. */
const RENEWAL_MS = 8_000;
const MARK = 'Strict-Transport-Security';

/** The web configuration of a daemon, which can be changed while it runs, and requests that it lets in. */
export class WebAccess {
  /** The path of the web config file. */
  readonly file: string;
  readonly #folder: string;
  readonly #authority: Certificate;
  readonly #ca: string;
  #generation = 0;
  /** How many web config files were written. */
  #files = 0;

  private constructor(folder: string, authority: Certificate, ca: string) {
    this.file = join(folder, 'web.yml');
    this.#folder = folder;
    this.#authority = authority;
    this.#ca = ca;
  }

  /** Writes a certificate and a web config file with one user. */
  static async create(folder: string): Promise<WebAccess> {
    const authority = await makeCertificate(folder, 'authority');
    const access = new WebAccess(folder, authority, await readFile(authority.cert, 'utf8'));
    await makeCertificate(folder, 'own', { issuer: authority });
    await access.#write([0]);
    return access;
  }

  /** Requests a path as the present user. Resolves with an answer of 200. */
  async open(url: string, path: string): Promise<IncomingMessage> {
    return this.#request(url, path, this.#generation);
  }

  /** Reads the whole answer to a request. */
  async text(url: string, path: string): Promise<string> {
    return text(await this.open(url, path));
  }

  /** Replaces the certificate and the user, as a person does who locks nobody out: the new user is there before the old one is taken out. Resolves when both apply. */
  async renew(url: string): Promise<void> {
    const begun = performance.now();
    const before = await this.#fingerprint(url);
    const next = this.#generation + 1;
    await makeCertificate(this.#folder, 'own', { issuer: this.#authority });
    await this.#write([this.#generation, next]);
    await this.#inForce(url);
    if (!(await this.#isLetIn(url, next))) throw new Error('expected that the new user is let in');
    this.#generation = next;
    await until('the new certificate is served', async () => (await this.#fingerprint(url)) !== before);
    await this.#write([next]);
    await this.#inForce(url);
    if (await this.#isLetIn(url, next - 1)) throw new Error('expected that the old user is refused');
    // Failed logins are limited, also for those who log in rightly from the same machine.
    await delay(Math.max(0, RENEWAL_MS - (performance.now() - begun)));
  }

  async #write(generations: readonly number[]): Promise<void> {
    const users = Object.fromEntries(generations.map((number) => [userOf(number), hashSync(passwordOf(number), 4)]));
    // JSON is YAML. The header shows, without a login, which file is in force.
    const tls = { cert_file: 'own.crt', key_file: 'own.key' };
    const headers = { [MARK]: `max-age=${++this.#files}` };
    const content = { tls_server_config: tls, basic_auth_users: users, http_server_config: { headers } };
    await writeFile(`${this.file}.new`, JSON.stringify(content));
    await rename(`${this.file}.new`, this.file);
  }

  async #inForce(url: string): Promise<void> {
    const mark = `max-age=${this.#files}`;
    await until('the file is in force', async () => {
      const request = get(`${url}/-/healthy`, { ca: this.#ca, agent: false });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.destroy();
      return response.headers[MARK.toLowerCase()] === mark;
    });
  }

  async #isLetIn(url: string, generation: number): Promise<boolean> {
    try {
      (await this.#request(url, '/api/v1/servers', generation)).destroy();
      return true;
    } catch {
      return false;
    }
  }

  /** By a handshake alone: requests may be refused after too many failed logins. */
  async #fingerprint(url: string): Promise<string> {
    const { hostname, port } = new URL(url);
    // A session that is resumed shows the certificate of its beginning.
    const socket = connect({ host: hostname, port: Number(port), ca: this.#ca, minVersion: 'TLSv1.3' });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  }

  async #request(url: string, path: string, generation: number): Promise<IncomingMessage> {
    const auth = `${userOf(generation)}:${passwordOf(generation)}`;
    // A session that is resumed shows the certificate of its beginning.
    const request = get(`${url}${path}`, { ca: this.#ca, auth, agent: false, minVersion: 'TLSv1.3' });
    request.setTimeout(ANSWER_MS, () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms: ${path}`)));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    // A stream may be silent for as long as the daemon is stopped.
    request.setTimeout(0);
    request.on('error', () => {});
    if (response.statusCode === 200) return response;
    response.destroy();
    throw new Error(`${response.statusCode} for ${path}`);
  }
}

function userOf(generation: number): string {
  return `user${generation}`;
}

function passwordOf(generation: number): string {
  return `open sesame ${generation}`;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    if (await holds()) return;
    await delay(1_000);
  }
  throw new Error(`expected within 30 s: ${what}`);
}
