import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { selectedRows } from '../../bench/options.ts';
import { findTool, toolsFolder } from '../../bench/rivals/go-tools.ts';

const GiB = 1024 ** 3;

describe('the rows of a run', () => {
  const ids = (flags: Parameters<typeof selectedRows>[0]) =>
    selectedRows(flags).map(({ id }) => id);

  it('are all but those that must be named', () => {
    expect(ids({})).toContain('2GiB/16MiB');
    expect(ids({})).toContain('rclone');
    expect(ids({})).not.toContain('8GiB/5MiB');
    expect(ids({ rows: '8GiB/5MiB,tls' })).toEqual(['8GiB/5MiB', 'tls']);
  });

  it('can be those of a size', () => {
    expect(selectedRows({ sizes: '8GiB' }).every((row) => row.sizeBytes === 8 * GiB)).toBe(true);
  });

  it('move at least 20 objects of 64 MiB a run', () => {
    const small = selectedRows({ sizes: '64MiB' }).filter(({ id }) => id !== 'start');
    expect(small.map(({ objects }) => objects)).toEqual([20, 20, 20]);
  });

  it.each([
    [{ rows: 'nothing' }, 'unknown row "nothing"'],
    [{ sizes: '3GiB' }, 'no row has such an object'],
  ])('reject %j', (flags, message) => {
    expect(() => selectedRows(flags)).toThrow(message);
  });
});

describe('the programs of others', () => {
  const folders: string[] = [];
  afterEach(() => {
    vi.unstubAllEnvs();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('are missing, with a reason, where Go is missing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tools-'));
    folders.push(folder);
    vi.stubEnv('PATH', folder);
    const found = await findTool('rclone', folder, () => {});
    expect(found).toEqual({ missing: 'rclone needs Go to be built' });
  });

  it('are in the folder of the option, of the environment, or in the cache', () => {
    vi.stubEnv('CHUNKFERRY_BENCH_TOOLS', '/env');
    expect(toolsFolder('/option')).toBe('/option');
    expect(toolsFolder()).toBe('/env');
    vi.stubEnv('CHUNKFERRY_BENCH_TOOLS', '');
    vi.stubEnv('XDG_CACHE_HOME', '/cache');
    expect(toolsFolder()).toBe('/cache/chunkferry-bench');
  });
});
