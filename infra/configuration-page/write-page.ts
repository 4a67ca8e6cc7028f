import { writeFileSync } from 'node:fs';
import { configurationFile, configurationPage } from './page.ts';

writeFileSync(configurationFile, configurationPage());
