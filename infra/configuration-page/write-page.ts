import { writeFileSync } from 'node:fs';
import { configurationFile, configurationPage } from './page.ts';
import { documentedProps, propsFile } from './props-file.ts';

writeFileSync(configurationFile, configurationPage());
writeFileSync(propsFile, documentedProps());
