import { type Pem, readWebFile, type TlsEntry, type WebFile } from '../../config/file/web-file.ts';
import { formatProblems } from '../../config/problem.ts';
import type { ReadFile } from '../../core/file.ts';
import { errorText } from '../../core/text.ts';
import type { WebPolicy } from '../../http/access/policy.ts';
import { createTlsLayer, type TlsLayer } from '../../http/access/tls-layer.ts';
import { ConfigurationRefusal } from '../start-refusal.ts';
import { type PemTexts, tlsSettingsOf } from './tls-settings.ts';

const MOST_BYTES = 1_048_576;

/** Options and callbacks of a {@link WebPolicyFile}. */
export interface WebPolicyOptions {
  readonly path: string;
  readonly readFile: ReadFile;
  /** Why a policy must not be in force; null if it may. */
  readonly problemOf: (policy: WebPolicy) => string | null;
  /** A version of the file is in force: the first, or a changed one. */
  readonly onLoaded: () => void;
  /** The changed file cannot be used, and the former version stays in force. Called once for each content. */
  readonly onFailed: (problem: string) => void;
}

/** The content of the files, and the policy or the problem that follows from it. */
interface Reading {
  /** All texts that were read, to notice a change. */
  readonly content: string;
  readonly result: () => WebPolicy | string;
}

/** The policy of a web config file and of its certificates. They are read again for each connection and each request, because they are small; a change counts at once. */
export class WebPolicyFile {
  readonly #options: WebPolicyOptions;
  #current: WebPolicy;
  #content: string;
  #reading: Promise<WebPolicy> | null = null;

  private constructor(options: WebPolicyOptions, current: WebPolicy, content: string) {
    this.#options = options;
    this.#current = current;
    this.#content = content;
  }

  /** Reads a file for the first time. Rejects with a {@link ConfigurationRefusal} if it cannot be used. */
  static async open(options: WebPolicyOptions): Promise<WebPolicyFile> {
    const { content, result } = await readAll(options);
    const policy = result();
    const problem = typeof policy === 'string' ? policy : options.problemOf(policy);
    if (typeof policy === 'string' || problem !== null) throw new ConfigurationRefusal(problem ?? '');
    return new WebPolicyFile(options, policy, content);
  }

  /** Returns the policy in force. It never rejects. Simultaneous calls share a reading. */
  readonly policy = (): Promise<WebPolicy> => {
    this.#reading ??= this.#readAgain().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  };

  async #readAgain(): Promise<WebPolicy> {
    const { content, result } = await readAll(this.#options);
    if (content === this.#content) return this.#current;
    this.#content = content;
    const policy = result();
    const problem = typeof policy === 'string' ? policy : this.#options.problemOf(policy);
    if (typeof policy === 'string' || problem !== null) {
      this.#options.onFailed(problem ?? '');
    } else {
      this.#current = policy;
      this.#options.onLoaded();
    }
    return this.#current;
  }
}

async function readAll({ path, readFile }: WebPolicyOptions): Promise<Reading> {
  const reading = await readFile(path, MOST_BYTES);
  if (reading.kind === 'unreadable') return failure(`${path} ${reading.problem}`);
  const read = readWebFile(path, reading.text);
  if (read.kind === 'invalid') return { content: reading.text, result: () => formatProblems(read.problems) };
  const { file } = read;
  if (file.tls === null) return { content: reading.text, result: () => policyOf(file, null) };
  const pems = await Promise.all(pemsOf(file.tls).map((pem) => readPem(pem, readFile)));
  const problems = pems.flatMap(({ problem }) => problem ?? []);
  const [cert = '', key = '', ca = null] = pems.map(({ text }) => text);
  const { tls } = file;
  return {
    content: JSON.stringify([reading.text, pems]),
    result: () =>
      problems.length > 0
        ? problems.map((problem) => `${path}: ${problem}`).join('\n')
        : withTls(path, file, tls, { cert, key, ca }),
  };
}

function failure(problem: string): Reading {
  return { content: problem, result: () => problem };
}

function pemsOf({ cert, key, clientCa }: TlsEntry): readonly Pem[] {
  return clientCa === null ? [cert, key] : [cert, key, clientCa];
}

async function readPem(
  pem: Pem,
  readFile: ReadFile,
): Promise<{ readonly text: string; readonly problem: string | null }> {
  if (pem.kind === 'text') return { text: pem.text, problem: null };
  const reading = await readFile(pem.path, MOST_BYTES);
  if (reading.kind === 'read') return { text: reading.text, problem: null };
  return { text: '', problem: `${pem.key}: expected a file in PEM, found that ${pem.path} ${reading.problem}` };
}

function withTls(path: string, file: WebFile, entry: TlsEntry, texts: PemTexts): WebPolicy | string {
  try {
    return policyOf(file, createTlsLayer(tlsSettingsOf(entry, texts)));
  } catch (error) {
    const reason = errorText(error);
    return `${path}: expected a certificate and its key in PEM, and authorities of clients if any are named; OpenSSL cannot use them: ${reason}`;
  }
}

function policyOf({ headers, users, rateLimit }: WebFile, tls: TlsLayer | null): WebPolicy {
  return { tls, headers, users, rate: rateLimit };
}
