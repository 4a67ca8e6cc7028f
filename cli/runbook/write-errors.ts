import { readFileSync, writeFileSync } from 'node:fs';
import { readRunbook } from './read-page.ts';

// The program is also used without the documents, so it has their entries for errors.
const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const target = new URL('errors.json', import.meta.url);
writeFileSync(target, `${JSON.stringify(readRunbook(page), null, 2)}\n`);
