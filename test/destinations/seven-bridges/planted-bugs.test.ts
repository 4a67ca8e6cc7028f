import { describe, expect, it } from 'vitest';
import type { AdapterChange } from '../../conformance/planted-bugs.ts';
import { film, openPortHarness, putFilm } from '../../harness/port-harness.ts';
import { runTransfer } from '../../harness/run-transfer.ts';
import { type Bridged, bridge, patient, serviceOf, type Through } from './bridged.ts';
import { sevenBridgesBugs } from './planted-bugs.ts';

const partBytes = 1024;
const parts = 4;

/** Moves one object and returns what the service shows of it that must not be. */
async function flawsOf({ through = (one) => one, change }: AdapterChange): Promise<string[]> {
  const settings = { onNameTaken: 'overwrite' } as const;
  const both: Through = (transport) => through(patient(transport));
  const bridged = await bridge({ partSize: partBytes }, settings, both);
  const service = serviceOf(bridged);
  const destination = { ...service.destination, ...change?.(service.destination) };
  const harness = await openPortHarness(async () => ({ ...service, destination }));
  const sha256 = putFilm(harness, parts * partBytes);
  const { output, error } = await runTransfer(harness, film);
  const { simulator } = bridged;
  const file = simulator.entries()[0];
  return [
    ...(output.status === 'ready' ? [] : [`ended with ${error}`]),
    ...(file && simulator.storedSha256(file.id) !== sha256 ? ['the file has other bytes'] : []),
    ...uploadFlaws(bridged),
  ];
}

function uploadFlaws({ simulator }: Bridged): string[] {
  const named = simulator.calls.flatMap(({ operation, parts: numbers }) =>
    operation === 'report' || operation === 'complete' ? numbers : [],
  );
  const counts = Map.groupBy(named, (number) => number);
  const repeated = [...counts].filter(([, { length }]) => length > 1);
  return [
    ...repeated.map(([number, { length }]) => `part ${number} is reported ${length} times`),
    ...simulator
      .uploads()
      .flatMap(({ overwrite, partSize, stored }) => [
        ...(overwrite ? [] : ['an upload does not overwrite']),
        ...[...stored]
          .filter(([, { sizeBytes }]) => sizeBytes !== partSize)
          .map(([number, { sizeBytes }]) => `part ${number} has ${sizeBytes} bytes`),
      ]),
  ];
}

describe('an adapter of Seven Bridges', () => {
  it('without a bug shows no flaw', async () => {
    expect(await flawsOf({})).toEqual([]);
  });

  it.each(sevenBridgesBugs)('that $bug is noticed', async ({ noticed, ...bug }) => {
    expect((await flawsOf(bug)).join('; ')).toMatch(noticed);
  });
});
