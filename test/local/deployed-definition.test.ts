import { expect, it } from 'vitest';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from '#local/state-machine/definition.ts';
import { deployedDefinition } from '#local/state-machine/deployed-definition.ts';

it('the definition that local runs read is the one that deploys; npm run definition writes it', () => {
  expect(deployedDefinition()).toEqual(readDefinition(synthesizeTemplate()));
});
