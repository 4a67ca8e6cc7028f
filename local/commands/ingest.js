import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiling the modules takes half of the start. The cache is next to the code, where only this project writes.
// This file is JavaScript: with a full cache, Node then never loads its TypeScript compiler.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/compiled'));

const { command } = await import('./ingest-command.ts');
await command.parseAsync();
