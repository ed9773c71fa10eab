import { describe, expect, it } from '@jest/globals';
import { Witness } from '../../../src/follow/session/witness.ts';
import { event, life, listed } from '../support/samples.ts';

const work = life('work');
const play = life('play', 43);

describe('Witness', () => {
  it('knows who lives from signs of life, and from nothing else', () => {
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

  it('doubts who lived when it was interrupted, until they are seen', () => {
    const witness = new Witness([work, play]);
    witness.interrupted();
    witness.acquit([listed(work)]);
    expect(witness.suspects).toEqual([play]);
  });

  it('does not ask about a life whose end was told', () => {
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

  it('calls nobody dead on whose socket somebody is who does not answer', () => {
    const silent = { ...listed(work), incarnation: null };
    const witness = new Witness([work]);
    witness.adopt([silent]);
    expect(witness.suspects).toEqual([work]);
    witness.acquit([silent]);
    expect(witness.suspects).toEqual([]);
  });

  it('believes that a server is gone whose socket nobody listens on', () => {
    const witness = new Witness([work]);
    witness.acquit([{ ...listed(work), incarnation: null, isAbsent: true }]);
    expect(witness.suspects).toEqual([work]);
  });
});
