import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { productVersion, userAgent } from '#src/core/product.ts';

it('the product version is the version of package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect([productVersion, userAgent]).toEqual([version, `chunkferry/${version}`]);
});
