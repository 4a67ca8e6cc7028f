import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const module = new URL('../../src/http/socket-memory.ts', import.meta.url).href;

// V8 ignores a flag that it does not know, and prints an error. A new Node may have renamed the flag.
it('V8 knows the flag that leaves buffers to cheap collections', async () => {
  const script = `(await import(${JSON.stringify(module)})).collectBuffersCheaply()`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  expect(stdout + stderr).toBe('');
});
