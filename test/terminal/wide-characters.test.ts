import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { tableOf } from '#cli/output/table.ts';
import { createRedraw } from '#local/terminal/redraw.ts';
import { cutMiddle, cutTo } from '#local/terminal/words.ts';

const wide = '映'.repeat(39);

describe('a text of wide characters', () => {
  it('is cut by its columns', () => {
    expect([cutTo(9, wide), cutTo(78, wide)]).toEqual(['映映映映…', wide]);
    expect(cutMiddle(10, `${wide}.mp4`)).toBe('映…映.mp4');
  });

  it('keeps the pieces of a character together', () => {
    const accented = 'e\u0301'.repeat(5);
    expect([cutTo(5, accented), cutTo(3, accented)]).toEqual([accented, 'e\u0301e\u0301…']);
  });

  it('takes one row of a terminal that redraws', () => {
    const written: string[] = [];
    const terminal = { write: (text: string) => written.push(text), columns: 40, rows: 24 };
    createRedraw(terminal).show([wide]);
    expect(written.map((text) => stringWidth(text) < 40)).toEqual([true, true]);
  });

  it('leaves room for the other columns of a table', () => {
    const columns = [
      { title: 'OBJECT', importance: 0, isFlexible: true },
      { title: 'MOVED', importance: 0 },
    ];
    const lines = tableOf(columns, [[wide, '50 %']], { isTTY: true, columns: 40 }).split('\n');
    expect(lines.map((line) => stringWidth(line) < 40)).not.toContain(false);
    expect(lines[1]).toContain('50 %');
  });
});
