import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drawStateMachine, pictureFile } from '#local/picture/write-picture.ts';

it('the committed picture equals the definition; npm run picture draws it', async () => {
  expect(readFileSync(pictureFile, 'utf8')).toBe(await drawStateMachine());
});
