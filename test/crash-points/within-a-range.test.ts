import { afterEach, beforeEach, expect, it } from 'vitest';
import { fakeTime, restoreTime } from '../harness/clock.ts';
import { pointsOf } from './support/points.ts';

beforeEach(fakeTime);
afterEach(restoreTime);

/** Returns the names of the effects of the only call of SendChunks, in order. */
async function effectsOfRange(): Promise<string[]> {
  const points = await pointsOf({ chunks: 60, rangesAtOnce: 1 });
  const names = points.filter(({ when }) => when === 'before').map(({ name }) => name);
  expect(names.filter((name) => name === 'lambda SendChunks')).toHaveLength(1);
  return names.slice(names.indexOf('lambda SendChunks'), names.indexOf('entered ConfirmUpload'));
}

// every-point.deep.test.ts kills a run at each of these moments.
it('a range has moments between two pages of URLs and between two reports', async () => {
  const names = await effectsOfRange();
  const order = names.filter((name) => /^http (presign|report)|store.recordReceipt/.test(name));
  const kinds = order.map((name) => name.replace(/^http |^store\.|[\d ]+$/g, ''));
  expect(kinds.filter((kind) => kind === 'presign')).toHaveLength(2);
  expect(kinds.filter((kind) => kind === 'report')).toHaveLength(2);
  const between = (first: number, second: number) => names.slice(first, second).join();
  const at = (kind: string) =>
    names.flatMap((name, i) => (name.startsWith(`http ${kind}`) ? [i] : []));
  const [firstPage = 0, secondPage = 0] = at('presign');
  const [firstReport = 0, secondReport = 0] = at('report');
  expect(between(firstPage, secondPage)).toContain('store.storeProof');
  expect(between(firstReport, secondReport)).toContain('store.storeProof');
  expect(between(firstReport, secondReport)).toContain('store.recordReceipt');
});
