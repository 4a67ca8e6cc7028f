import { writeFileSync } from 'node:fs';
import { pageFile, plotFile, renderPerformancePage } from './page.ts';
import { drawSpeedPlot } from './plot.ts';
import { readResults } from './record.ts';

const results = readResults();
writeFileSync(plotFile, drawSpeedPlot(results));
writeFileSync(pageFile, renderPerformancePage(results));
