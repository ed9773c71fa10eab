import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { type LogOutput, streamOutput } from '../../../src/commands/log/log-output.ts';
import { LogSink } from '../../../src/commands/log/log-sink.ts';
import { eventually } from '../../support/machine/eventually.ts';

/** An output that does as a test says: a code to fail with, or how many bytes to take. */
class ScriptedOutput implements LogOutput {
  text = '';
  answer: (bytes: Buffer) => string | number = (bytes) => bytes.length;

  write(bytes: Buffer, done: (code: string | null, written: number) => void): void {
    const answer = this.answer(bytes);
    if (typeof answer === 'string') return void setImmediate(() => done(answer, 0));
    this.text += bytes.toString('utf8', 0, answer);
    setImmediate(() => done(null, answer));
  }

  writeNow(bytes: Buffer): void {
    this.text += bytes.toString();
  }
}

describe('The log sink', () => {
  it('writes lines in order, none of them while it is called', async () => {
    const { output, sink } = sinkOf();
    for (let at = 0; at < 10_000; at++) sink.write(`line ${at}\n`);
    expect(output.text).toBe('');
    await sink.finish();
    expect(output.text).toBe(Array.from({ length: 10_000 }, (_, at) => `line ${at}\n`).join(''));
  });

  it('goes on with the rest of a line that was taken in part', async () => {
    const { output, sink } = sinkOf();
    output.answer = (bytes) => Math.min(3, bytes.length);
    sink.write('first line\n');
    sink.write('second line\n');
    await sink.finish();
    expect(output.text).toBe('first line\nsecond line\n');
  });

  it('keeps lines for a reader that takes nothing at present', async () => {
    const { output, sink } = sinkOf();
    output.answer = () => 'EAGAIN';
    sink.write('line\n');
    await turns(3);
    output.answer = (bytes) => bytes.length;
    await sink.finish();
    expect([output.text, sink.dropped]).toEqual(['line\n', 0]);
  });

  it('drops and counts what a reader does not take, within a bound', async () => {
    const { output, sink } = sinkOf();
    output.answer = () => 'EAGAIN';
    for (let at = 0; at < 2_000; at++) sink.write(`${'x'.repeat(1_023)}\n`);
    expect(sink.dropped).toBe(2_000 - 1_024);
    await turns(3);
    expect(output.text).toBe('');
  });

  it('drops and counts every line on a full disk, and says how many once there is room', async () => {
    const { output, sink, recoveries } = sinkOf();
    output.answer = () => 'ENOSPC';
    sink.write('a\n');
    sink.write('b\n');
    await eventually('both are dropped', () => sink.dropped === 2);
    output.answer = (bytes) => bytes.length;
    sink.write('c\n');
    await sink.finish();
    expect([output.text, recoveries]).toEqual(['c\n', [2]]);
  });

  it('does not join a line to one that was cut by a full disk', async () => {
    const { output, sink } = sinkOf();
    output.answer = () => (output.text === '' ? 2 : 'ENOSPC');
    sink.write('first\n');
    await eventually('the rest is dropped', () => sink.dropped === 1);
    output.answer = (bytes) => bytes.length;
    sink.write('second\n');
    await sink.finish();
    expect(output.text).toBe('fi\nsecond\n');
  });

  it('writes at once what waits when the process ends', () => {
    const { output, sink } = sinkOf();
    sink.write('last words\n');
    sink.finishNow();
    expect(output.text).toBe('last words\n');
  });

  function sinkOf() {
    const output = new ScriptedOutput();
    const recoveries: number[] = [];
    return { output, recoveries, sink: new LogSink(output, (dropped) => recoveries.push(dropped)) };
  }

  async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
  }
});

describe('The output to a stream', () => {
  it('queues no more than one write in the stream', () => {
    const output = streamOutput(new Writable({ write: () => {} }));
    const codes: (string | null)[] = [];
    for (let at = 0; at < 2; at++) output.write(Buffer.from('line\n'), (code) => codes.push(code));
    expect(codes).toEqual([null, 'EAGAIN']);
  });

  it('survives a reader that has left', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const output = streamOutput(stream);
    output.write(Buffer.from('line\n'), () => {});
    await eventually('the stream has failed', () => stream.destroyed);
    const code = await new Promise((resolve) => output.write(Buffer.from('line\n'), resolve));
    expect(code).toBe('EPIPE');
  });
});
