import { expect, it } from 'vitest';
import type { SourceObject } from '#src/core/source/source-object.ts';
import { itemOf, Stage } from './stage.ts';

const place = { account: '444455556666', region: 'eu-west-1' };
const theirs = { list: [{ bucket: 'films', ...place }], readers: {} };

it('every range is read in the account and Region that the object was pinned with', async () => {
  const stage = await Stage.set({}, { sources: theirs });
  const { source } = stage.bench;
  const read = source.read.bind(source);
  const pinned: SourceObject[] = [];
  source.read = (object, range, signal) => {
    pinned.push(object);
    return read(object, range, signal);
  };
  const planned = await stage.opened(3);
  expect((await stage.row(planned)).source).toMatchObject(place);
  await stage.send(itemOf(planned));
  expect(pinned).toHaveLength(3);
  for (const object of pinned) expect(object).toMatchObject(place);
});
