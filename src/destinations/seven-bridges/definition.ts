import type { DestinationDefinition } from '#src/service-api/definition.ts';
import { createSevenBridges } from './destination.ts';
import { service } from './error-replies.ts';
import { partSizeOf } from './part-size.ts';
import { settingFields, settingsSchema } from './settings.ts';
import { optionFields, optionsSchema } from './transfer-options.ts';

/** Seven Bridges: Cavatica, the Cancer Genomics Cloud, BioData Catalyst and the platform itself. */
export const sevenBridges: DestinationDefinition<'seven-bridges', typeof settingsSchema> = {
  kind: 'seven-bridges',
  title: service.name,
  asset: 'file',
  secret: {
    variable: 'SEVEN_BRIDGES_TOKEN',
    noun: 'authentication token',
    storedAs: 'as plain text',
  },
  schema: settingsSchema,
  example: { environment: 'us', project: 'ada/genomes' },
  simulator: 'seven-bridges',
  fields: settingFields,
  transferOptions: { schema: optionsSchema, fields: optionFields },
  chunkBytesOf: (sizeBytes, { partSizeBytes }) => partSizeOf(sizeBytes, partSizeBytes),
  create: (settings, resources) => createSevenBridges({ ...resources, settings }),
};
