import { writeFileSync } from 'node:fs';
import { pageFile, performancePage, plotFile } from './page.ts';
import { speedPlot } from './plot.ts';
import { readResults } from './record.ts';

const results = readResults();
writeFileSync(plotFile, speedPlot(results));
writeFileSync(pageFile, performancePage(results));
