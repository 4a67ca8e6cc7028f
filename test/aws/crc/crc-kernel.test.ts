import { expect, it } from 'vitest';
import { assembleKernel } from '#local/crc-kernel/assemble-kernel.ts';
import { crcKernel } from '#src/aws/crc/crc-kernel.ts';

it('the module that the functions load is the assembled text', async () => {
  expect(crcKernel).toBe(await assembleKernel());
});
