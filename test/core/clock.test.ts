import { describe, expect, it } from '@jest/globals';
import { ClockSteps, LEAST_STEP_MS } from '../../src/core/clock.ts';
import { FakeClock } from '../support/sample/fake-clock.ts';

const HOUR = 3_600_000;

describe('ClockSteps', () => {
  it.each([HOUR, -HOUR])('reports once that the clock was set by %i ms, however much time goes by', (ms) => {
    const clock = new FakeClock();
    const steps = new ClockSteps(clock);

    clock.pass(10 * HOUR);
    expect(steps.take()).toBe(0);
    clock.step(ms);
    clock.pass(10 * HOUR);
    expect([steps.take(), steps.take()]).toEqual([ms, 0]);
  });

  it('adds up steps that are each too small to be noticed', () => {
    const clock = new FakeClock();
    const steps = new ClockSteps(clock);

    clock.step(LEAST_STEP_MS - 1);
    expect(steps.take()).toBe(0);
    clock.step(1);
    expect(steps.take()).toBe(LEAST_STEP_MS);
  });
});
