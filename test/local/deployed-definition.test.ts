import { expect, it } from 'vitest';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from '#local/state-machine/definition.ts';
import { deployedDefinition } from '#local/state-machine/deployed-definition.ts';

it('local runs read the deployed definition; npm run definition writes it', () => {
  expect(deployedDefinition()).toEqual(readDefinition(synthesizeTemplate()));
});
