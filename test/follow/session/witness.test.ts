import { describe, expect, it } from '@jest/globals';
import { Witness } from '../../../src/follow/session/witness.ts';
import { event, life, listed } from '../support/samples.ts';

const work = life('work');
const play = life('play', 43);

describe('Witness', () => {
  it('knows the living servers from signs of life, and from nothing else', () => {
    const witness = new Witness([]);
    witness.observe(event('server-up', work));
    witness.observe(event('session-created', play));
    witness.observe(event('server-gone', work));
    witness.observe(event('server-gone-cause', work));
    witness.observe(event('alert', life('other')));
    witness.observe(event('server-painted', life('other')));
    expect(witness.living).toEqual([play]);
  });

  it('takes the word of a snapshot for all that it knew', () => {
    const witness = new Witness([work]);
    witness.adopt([listed(play)]);
    expect(witness.living).toEqual([play]);
  });

  it('suspects the servers that lived when it was interrupted, until they are seen', () => {
    const witness = new Witness([work, play]);
    witness.interrupted();
    witness.acquit([listed(work)]);
    expect(witness.suspects).toEqual([play]);
  });

  it('does not suspect a life whose end was reported', () => {
    const witness = new Witness([work, play]);
    witness.observe(event('server-gone', work));
    witness.observe(event('server-unregistered', null, { server: { name: 'play', socket: play.socket } }));
    expect(witness.suspects).toEqual([]);
  });

  it('takes another life under the same name for another life', () => {
    const witness = new Witness([work]);
    witness.observe(event('server-gone', life('work', 7)));
    witness.acquit([listed(life('work', 99))]);
    expect(witness.suspects).toEqual([work]);
  });

  it('calls no server dead whose socket accepts connections without an answer', () => {
    const silent = { ...listed(work), incarnation: null };
    const witness = new Witness([work]);
    witness.adopt([silent]);
    expect(witness.suspects).toEqual([work]);
    witness.acquit([silent]);
    expect(witness.suspects).toEqual([]);
  });

  it('believes that a server is gone if nothing listens on its socket', () => {
    const witness = new Witness([work]);
    witness.acquit([{ ...listed(work), incarnation: null, isAbsent: true }]);
    expect(witness.suspects).toEqual([work]);
  });
});
