import { writeFileSync } from 'node:fs';
import { configurationFile, renderConfigurationPage } from './page.ts';
import { propsFile, renderDocumentedProps } from './props-file.ts';

writeFileSync(configurationFile, renderConfigurationPage());
writeFileSync(propsFile, renderDocumentedProps());
