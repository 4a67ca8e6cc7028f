import { writeFileSync } from 'node:fs';
import { synthesizeTemplate } from '#infra/synthesize.ts';
import { readDefinition } from './definition.ts';
import { saveDefinition, savedDefinition } from './deployed-definition.ts';

/** Writes the definition that local runs read. Run it after every change of the state machine. */
writeFileSync(savedDefinition, saveDefinition(readDefinition(synthesizeTemplate())));
