import { describe, expect, it } from 'vitest';
import { numberedName } from '#src/destinations/seven-bridges/numbered-name.ts';
import { adapterAt, bridge, call, failureOf, operationsOf, requestFor, upload } from './bridged.ts';

const names = (bridged: Awaited<ReturnType<typeof bridge>>) =>
  bridged.simulator.entries().map(({ name }) => name);

describe('a taken name at Seven Bridges', () => {
  it('fails by default, with the words of the service', async () => {
    const bridged = await bridge();
    await upload(bridged);
    const error = await failureOf(bridged.bridges.openSession(requestFor(10), call));
    expect(error).toMatchObject({ name: 'NameTakenError', status: 409 });
    expect(error.message).toContain('A file named reads.fastq.gz exists.');
  });

  it('fails if the service chooses another name, and leaves no upload', async () => {
    const bridged = await bridge({ nameTaken: 'rename' });
    await upload(bridged);
    const error = await failureOf(bridged.bridges.openSession(requestFor(10), call));
    expect(error.name).toBe('NameTakenError');
    expect(error.message).toContain('"_1_reads.fastq.gz" in place of "reads.fastq.gz"');
    expect((await bridged.bridges.listUnfinished(call)).sessions).toEqual([]);
  });

  it('is overwritten if the settings say so', async () => {
    const bridged = await bridge({}, { onNameTaken: 'overwrite' });
    await upload(bridged, 10);
    await upload(bridged, 11);
    expect(bridged.simulator.entries().map(({ size }) => size)).toEqual([11]);
  });

  it.each([
    ['conflict', 'reads-2.fastq.gz'],
    ['rename', '_1_reads.fastq.gz'],
  ] as const)('leads to another name with rename; the service: %s', async (nameTaken, second) => {
    const bridged = await bridge({ nameTaken }, { onNameTaken: 'rename' });
    await upload(bridged);
    await upload(bridged);
    expect(names(bridged)).toEqual(['reads.fastq.gz', second]);
  });

  it('fails after ten names', async () => {
    const bridged = await bridge({}, { onNameTaken: 'rename' });
    for (let n = 1; n <= 10; n++) await upload(bridged, 3);
    expect(names(bridged).at(-1)).toBe('reads-10.fastq.gz');
    const before = operationsOf(bridged).length;
    expect((await failureOf(upload(bridged, 3))).name).toBe('NameTakenError');
    expect(operationsOf(bridged).length - before).toBe(10);
  });

  it.each([
    ['reads.fastq.gz', 2, 'reads-2.fastq.gz'],
    ['.profile', 2, '.profile-2'],
    ['README', 3, 'README-3'],
    [`${'a'.repeat(251)}.bam`, 2, `${'a'.repeat(249)}-2.bam`],
  ])('numbers %s as %i', (name, n, expected) => {
    expect(numberedName(name, n)).toBe(expected);
  });
});

describe('folders of keys at Seven Bridges', () => {
  const settings = { folders: 'key' } as const;

  it('are created once', async () => {
    const bridged = await bridge({}, settings);
    await upload(bridged, 3, 'runs/2026/a.bam');
    await upload(bridged, 3, 'runs/2026/b.bam');
    const created = operationsOf(bridged).filter((one) => one === 'create-folder');
    expect([created.length, names(bridged)]).toEqual([2, ['runs', '2026', 'a.bam', 'b.bam']]);
    const [runs, year, file] = bridged.simulator.entries();
    expect([year?.place.parent, file?.place.parent]).toEqual([runs?.id, year?.id]);
  });

  it('are found if another process has created them', async () => {
    const bridged = await bridge({}, settings);
    await upload(bridged, 3, 'runs/a.bam');
    const other = adapterAt(bridged.simulator, bridged.clock, settings);
    await upload(other, 3, 'runs/b.bam');
    expect(names(bridged)).toEqual(['runs', 'a.bam', 'b.bam']);
  });

  it('are looked for again if another call creates one at the same time', async () => {
    const bridged = await bridge({}, settings);
    await Promise.all(['a', 'b', 'c'].map((name) => upload(bridged, 3, `runs/${name}.bam`)));
    expect(names(bridged).filter((name) => name === 'runs')).toHaveLength(1);
  });

  it('are not used by default, nor for a key without prefixes', async () => {
    const bridged = await bridge();
    await upload(bridged, 3, 'runs/a.bam');
    const nested = await bridge({}, settings);
    await upload(nested, 3, 'a.bam');
    expect([names(bridged), names(nested)]).toEqual([['a.bam'], ['a.bam']]);
  });

  it.each([
    ['a folder of 256 characters', `${'a'.repeat(256)}/b`, 'at most 255 characters'],
    ['21 folders', `${'a/'.repeat(21)}b`, 'at most 20 folders'],
  ])('reject a key with %s', async (_, key, words) => {
    const bridged = await bridge({}, settings);
    const error = await failureOf(bridged.bridges.openSession(requestFor(3, key), call));
    expect(error.name).toBe('InvalidInputError');
    expect(error.message).toContain(words);
    expect(bridged.sent).toEqual([]);
  });

  it('start in the parent of the settings', async () => {
    const bridged = await bridge({}, { parent: 'no-such-folder', ...settings });
    const error = await failureOf(upload(bridged, 3, 'runs/a.bam'));
    expect(error.name).toBe('ProjectNotFoundError');
  });
});
