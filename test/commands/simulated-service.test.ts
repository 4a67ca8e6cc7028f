import { expect, it } from 'vitest';
import { simulatorOf } from '#local/commands/simulated-service.ts';
import { defaultKind, definitionOf, destinations } from '#src/destinations/registry.ts';

it('a destination without a simulator is rejected by name, with those that have one', async () => {
  const { simulator: _, ...definition } = definitionOf(defaultKind, 'test');
  await expect(simulatorOf({ ...definition, kind: 'new-service' })).rejects.toThrow(
    'Invalid destination "new-service": it has no simulator. Name one of "twelvelabs", ',
  );
});

it.each(destinations)('the simulator that $kind names has a sample', async (definition) => {
  const { sample } = await simulatorOf(definition);
  expect(sample.contentType).toMatch(/^\w+\/\w+/);
});
