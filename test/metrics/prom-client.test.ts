import { describe, expect, it } from '@jest/globals';
import { PollFailures } from '../../src/metrics/families/poll-failures.ts';
import { ViewParts } from '../../src/metrics/render/view-part.ts';
import { TEXT } from '../../src/metrics/text/exposition-format.ts';
import { WHOLE_EXPOSURE } from '../support/daemon/exposure.ts';
import { PromClientFleet } from '../support/judges/prom-client-fleet.ts';
import { crowdedView } from '../support/sample/fleet.ts';
import { variedView } from './support/varied-view.ts';

/** The families of an exposition, each with its head and its samples, in the order of their names. */
function familiesOf(exposition: string): string[] {
  return exposition
    .replaceAll('\n\n', '\n')
    .split(/^(?=# HELP )/m)
    .toSorted();
}

describe('Our own rendering', () => {
  it.each([
    ['a crowded fleet', crowdedView(7, 23)],
    ['a fleet in every state', variedView()],
  ])('of %s is what prom-client makes of the same values', async (_, view) => {
    const theirs = new PromClientFleet();
    theirs.prepare(view);
    const { bytes } = await new ViewParts(
      () => view,
      new PollFailures(),
      () => WHOLE_EXPOSURE,
    ).in(TEXT);
    expect(familiesOf(bytes.toString())).toEqual(familiesOf((await theirs.render()).toString()));
  });
});
