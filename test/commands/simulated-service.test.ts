import { expect, it } from 'vitest';
import { sampleOf, startService } from '#local/commands/simulated-service.ts';
import { defaultKind, definitionOf } from '#src/destinations/registry.ts';

it('a destination without a simulator is rejected by name, with those that have one', async () => {
  const definition = { ...definitionOf(defaultKind, 'test'), kind: 'new-service' };
  await expect(startService(definition)).rejects.toThrow(
    'Invalid destination "new-service": it has no simulator. Name one of "twelvelabs", ',
  );
});

it('a destination without a sample of its own gets the film', () => {
  expect(sampleOf('new-service').contentType).toBe('video/mp4');
});
