import { expect, it } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { itemOf, StepHarness } from '../../harness/step-harness.ts';

const location = { account: '444455556666', region: 'eu-west-1' };
const sources = { list: [{ bucket: 'films', ...location }], readers: {} };

it('reads every range with the account and Region of the pinned object', async () => {
  const harness = await StepHarness.create({}, { sources: sources });
  const { source } = harness.doubles;
  const read = source.read.bind(source);
  const pinned: SourceObject[] = [];
  source.read = (object, range, signal) => {
    pinned.push(object);
    return read(object, range, signal);
  };
  const planned = await harness.openTransfer(3);
  expect((await harness.row(planned)).source).toMatchObject(location);
  await harness.send(itemOf(planned));
  expect(pinned).toHaveLength(3);
  for (const object of pinned) expect(object).toMatchObject(location);
});
