import { afterAll, beforeAll, expect, it } from 'vitest';
import { isDemo, local, openPageShell, type PageShell } from './page-shell.ts';

let shell: PageShell;

beforeAll(async () => {
  shell = await openPageShell();
});
afterAll(() => shell.close());

it.each(local.filter(isDemo))('a demo of the pages works as written: %s', async (line) => {
  const { code, stderr } = await shell.run(line);
  expect([code, stderr]).toEqual([0, expect.not.stringMatching(/^\s+at |Error:/m)]);
});
