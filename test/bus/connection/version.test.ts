import { describe, expect, it } from '@jest/globals';
import { versionProblem } from '../../../src/bus/connection/version.ts';

describe('A nats-server', () => {
  it.each(['2.12.0', '2.15.2', '3.0.0-beta.1'])('of version %s can be used', (version) => {
    expect(versionProblem(version)).toBeNull();
  });

  it.each(['2.9.10', '2.11.9', '1.20.0', ''])('of version %j cannot', (version) => {
    expect(versionProblem(version)).toContain(`found ${version || 'no version'}`);
  });
});
