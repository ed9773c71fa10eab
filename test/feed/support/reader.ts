import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** A plain reader of a stream: hands out its blocks in order. */
export class Reader {
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  readonly #separator: string;
  #text = '';
  #closed = false;
  #wake = () => {};

  constructor(clientRequest: ClientRequest, response: IncomingMessage) {
    this.response = response;
    this.#request = clientRequest;
    this.#separator = response.headers['content-type']?.includes('ndjson') ? '\n' : '\n\n';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      this.#text += text;
      this.#wake();
    });
    response.on('error', () => {});
    response.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** The next block without its end, or null once the stream has ended. */
  async next(): Promise<string | null> {
    for (;;) {
      const block = this.#take();
      if (block !== null || this.#closed) return block;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async take(count: number): Promise<(string | null)[]> {
    const blocks: (string | null)[] = [];
    while (blocks.length < count) blocks.push(await this.next());
    return blocks;
  }

  /** All blocks up to the end of the stream. */
  async rest(): Promise<string[]> {
    const blocks: string[] = [];
    for (let block = await this.next(); block !== null; block = await this.next()) blocks.push(block);
    return blocks;
  }

  cut(): void {
    this.#request.destroy();
  }

  #take(): string | null {
    const end = this.#text.indexOf(this.#separator);
    if (end < 0) return null;
    const block = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + this.#separator.length);
    return block;
  }
}

/** Opens `url` and waits for the head of its response. */
export async function openReader(url: string, headers: Record<string, string> = {}): Promise<Reader> {
  const clientRequest = request(url, { headers, agent: false });
  clientRequest.on('error', () => {});
  clientRequest.end();
  const [response] = (await once(clientRequest, 'response')) as [IncomingMessage];
  return new Reader(clientRequest, response);
}

/** The JSON of a block, in either format. */
export function dataOf(block: string | null): Record<string, unknown> {
  const json = block?.startsWith('{')
    ? block
    : block
        ?.split('\n')
        .find((line) => line.startsWith('data: '))
        ?.slice(6);
  return JSON.parse(json ?? 'null') as Record<string, unknown>;
}
