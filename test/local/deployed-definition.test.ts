import { expect, it } from 'vitest';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from '#local/state-machine/definition/definition.ts';
import { deployedDefinition } from '#local/state-machine/definition/deployed-definition.ts';
import { validateDefinition } from '#local/state-machine/definition/valid-definitions.ts';

it('local runs read the deployed definition; npm run definition writes it', () => {
  expect(deployedDefinition()).toEqual(readDefinition(synthesizeTemplate()));
});

it('the deployed definition is valid; local runs do not validate it again', () => {
  expect(() => validateDefinition(deployedDefinition())).not.toThrow();
});
