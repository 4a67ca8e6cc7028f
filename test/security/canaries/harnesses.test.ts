import { describe, expect, it } from 'vitest';
import type { ServiceOptions } from '../../doubles/destinations/service.ts';
import { ServiceSized } from '../../doubles/destinations/service-sized.ts';
import type { ManualClock } from '../../harness/clock.ts';
import { openPortHarness } from '../../harness/port-harness.ts';
import { StepHarness } from '../../harness/step-harness.ts';
import { inputOf, openWireHarness } from '../../harness/wire-harness.ts';
import { canaries } from './canaries.ts';
import { type Counts, canarySearch, type OutputKind } from './search.ts';

/** Returns the kinds of output with a finding since the last call. */
const kindsFound = () => [...new Set(canarySearch.takeFindings().map(({ kind }) => kind))].sort();

/** A key that is a canary: all output names the key. */
const leakingKey = `reels/${canaries.planted}.mp4`;

const everything: OutputKind[] = ['events', 'history', 'log lines', 'outcomes', 'rows'];

describe('the wire harness', () => {
  it('searches all its output', async () => {
    const harness = await openWireHarness({ table: 'dynamodb' });
    harness.service.faults.add({ on: 'put', kind: 'reset' });
    const film = harness.put(3, { key: leakingKey });
    expect((await harness.run(inputOf(film))).status).toBe('SUCCEEDED');
    expect(kindsFound()).toEqual(expect.arrayContaining(['history', 'outcomes']));
    await harness.close();
    expect(kindsFound()).toEqual(expect.arrayContaining(['events', 'rows']));
  });

  it('counts every kind of output', async () => {
    const before = itemsOf(canarySearch.counts);
    const harness = await openWireHarness({ table: 'dynamodb' });
    harness.service.faults.add({ on: 'put', kind: 'reset' });
    await harness.run(inputOf(harness.put(3)));
    await harness.close();
    const after = itemsOf(canarySearch.counts);
    for (const kind of everything) expect([kind, after[kind] > before[kind]]).toEqual([kind, true]);
  });
});

describe('the port harness', () => {
  it('searches its log and its events', async () => {
    const open = async (clock: ManualClock, options: ServiceOptions) =>
      new ServiceSized(clock, options);
    const { ports } = await openPortHarness(open);
    ports.log.warn('line', { key: canaries.planted });
    await ports.events.publish({ type: 'Transfer Started', detail: { key: leakingKey } } as never);
    expect(kindsFound()).toEqual(['events', 'log lines']);
  });

  it("searches its rows and its steps' answers", async () => {
    const harness = await StepHarness.create();
    const film = { bucket: 'films', key: leakingKey };
    harness.doubles.source.put(film, Buffer.alloc(10));
    await harness.open(await harness.inspect(film));
    expect(kindsFound()).toEqual(expect.arrayContaining(['history', 'rows']));
  });
});

function itemsOf(counts: Counts): Record<OutputKind, number> {
  const items = everything.map((kind) => [kind, counts[kind]?.items ?? 0] as const);
  return Object.fromEntries(items) as Record<OutputKind, number>;
}
