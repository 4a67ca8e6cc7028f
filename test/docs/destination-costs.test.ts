import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../cli/program-harness.ts';

interface Bill {
  readonly bytes: number;
  readonly dollars: number;
  readonly chunkSizeBytes: number;
  readonly lines: readonly { name: string; quantity: number; dollars: number }[];
}

/** Returns the bill of one object as `chunkferry estimate` prints it. */
async function billOf(destination: string, bytes: string): Promise<Bill> {
  const load = ['--destination', destination, '--bytes', bytes, '--objects', '1', '--json'];
  return JSON.parse((await runProgram(['estimate', ...load])).stdout);
}

function pageOf(name: string): string {
  return readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
}

/** Lines below this share of the bill are one row. */
const leastShare = 0.01;

/** Returns the bill as the table of a page, in units of one object and dollars of a TB. */
function tableOf(title: string, { bytes, dollars, lines }: Bill): string {
  const perTb = (amount: number) => ((amount / bytes) * 1e12).toFixed(2);
  const large = lines.filter((line) => line.dollars >= leastShare * dollars);
  const rest = dollars - large.reduce((sum, line) => sum + line.dollars, 0);
  const rows = large.map((line) => [line.name, formatted(line.quantity), perTb(line.dollars)]);
  const all = [...rows, ['all else', '', perTb(rest)], ['**sum**', '', `**${perTb(dollars)}**`]];
  const table = [[title, 'units', '$/TB'], ['---', '---', '---'], ...all];
  return table
    .map((cells) =>
      `| ${cells.join(' | ')} |`
        .replace('| --- | --- | --- |', '|---|---|---|')
        .replaceAll('|  |', '| |'),
    )
    .join('\n');
}

function formatted(quantity: number): string {
  if (quantity < 0.01) return quantity.toPrecision(2);
  return quantity.toLocaleString('en-US', { maximumFractionDigits: quantity < 10 ? 1 : 0 });
}

describe('the costs of a page are those of chunkferry estimate', () => {
  it('for a file of 4 GiB to Seven Bridges', async () => {
    const bill = await billOf('seven-bridges', '4GiB');
    expect(bill.bytes / bill.chunkSizeBytes).toBe(16);
    expect(pageOf('seven-bridges')).toContain(tableOf('a file of 4 GiB', bill));
  });

  it('for a document of 50 MB to SelfCommunity', async () => {
    const bill = await billOf('selfcommunity', '50MB');
    expect(pageOf('selfcommunity')).toContain(tableOf('a document of 50 MB', bill));
    expect(pageOf('selfcommunity')).toContain(
      `${bill.dollars.toFixed(4)} dollars for one document`,
    );
  });

  it('for an image of 200 kB to SelfCommunity', async () => {
    const { dollars } = await billOf('selfcommunity', '200kB');
    expect(pageOf('selfcommunity')).toContain(
      `an image of 200 kB costs about ${dollars.toFixed(4)} dollars`,
    );
  });
});
