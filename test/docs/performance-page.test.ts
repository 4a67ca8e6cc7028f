import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pageFile, plotFile, renderPerformancePage } from '../../bench/report/page.ts';
import { drawSpeedPlot } from '../../bench/report/plot.ts';
import { readResults } from '../../bench/report/record.ts';

describe('docs/performance.md', () => {
  const page = readFileSync(pageFile, 'utf8');

  it('has the tables of the recorded results; npm run docs:performance writes them', () => {
    expect(renderPerformancePage(readResults(), page)).toBe(page);
  });

  it('shows the plot of the recorded results', () => {
    expect(page).toContain('](performance.svg)');
    expect(readFileSync(plotFile, 'utf8')).toBe(drawSpeedPlot(readResults()));
  });
});
