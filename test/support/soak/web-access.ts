import { once } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { hashSync } from 'bcryptjs';
import { type Certificate, makeCertificate } from '../world/certificates.ts';

const ANSWER_MS = 10_000;

/** The web configuration of a daemon, which can be changed while it runs, and requests that it lets in. */
export class WebAccess {
  /** The path of the web config file. */
  readonly file: string;
  readonly #folder: string;
  readonly #authority: Certificate;
  readonly #ca: string;
  #generation = 0;

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
    const before = await this.#fingerprint(url);
    const next = this.#generation + 1;
    await makeCertificate(this.#folder, 'own', { issuer: this.#authority });
    await this.#write([this.#generation, next]);
    await until('the new user is let in', () => this.#isLetIn(url, next));
    this.#generation = next;
    await until('the new certificate is served', async () => (await this.#fingerprint(url)) !== before);
    await this.#write([next]);
    await until('the old user is refused', async () => !(await this.#isLetIn(url, next - 1)));
  }

  async #write(generations: readonly number[]): Promise<void> {
    const users = Object.fromEntries(generations.map((number) => [userOf(number), hashSync(passwordOf(number), 4)]));
    // JSON is YAML.
    const tls = { cert_file: 'own.crt', key_file: 'own.key' };
    await writeFile(`${this.file}.new`, JSON.stringify({ tls_server_config: tls, basic_auth_users: users }));
    await rename(`${this.file}.new`, this.file);
  }

  async #isLetIn(url: string, generation: number): Promise<boolean> {
    try {
      // Logins that fail are limited for each address: the clients must not pay for ours.
      const localAddress = `127.0.0.${2 + (generation % 250)}`;
      (await this.#request(url, '/api/v1/servers', generation, localAddress)).destroy();
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

  async #request(url: string, path: string, generation: number, localAddress = '127.0.0.1'): Promise<IncomingMessage> {
    const auth = `${userOf(generation)}:${passwordOf(generation)}`;
    // A session that is resumed shows the certificate of its beginning.
    const request = get(`${url}${path}`, { ca: this.#ca, auth, agent: false, minVersion: 'TLSv1.3', localAddress });
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

/** Logins that fail are limited, so it looks only once a second. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 30; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`expected within 30 s: ${what}`);
}
