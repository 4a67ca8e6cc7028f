import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { userAgent } from '#src/core/product.ts';

describe("the product's User-Agent", () => {
  it('names the product and the version of package.json', () => {
    const file = new URL('../../package.json', import.meta.url);
    const { name, version } = JSON.parse(readFileSync(file, 'utf8'));
    expect(userAgent).toBe(`${name}/${version}`);
  });
});
