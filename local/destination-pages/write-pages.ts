import { writeFile } from 'node:fs/promises';
import { destinations } from '#src/destinations/registry.ts';
import { pageFileOf, renderDestinationPage } from './page.ts';

for (const { kind } of destinations)
  await writeFile(pageFileOf(kind), await renderDestinationPage(kind));
