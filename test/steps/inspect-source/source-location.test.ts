import { expect, it } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';

const place = { account: '444455556666', region: 'eu-west-1' };
const theirs = { list: [{ bucket: 'films', ...place }], readers: {} };

it('every range is read in the account and Region that the object was pinned with', async () => {
  const harness = await StepHarness.set({}, { sources: theirs });
  const { source } = harness.doubles;
  const read = source.read.bind(source);
  const pinned: SourceObject[] = [];
  source.read = (object, range, signal) => {
    pinned.push(object);
    return read(object, range, signal);
  };
  const planned = await harness.opened(3);
  expect((await harness.row(planned)).source).toMatchObject(place);
  await harness.send(itemOf(planned));
  expect(pinned).toHaveLength(3);
  for (const object of pinned) expect(object).toMatchObject(place);
});
