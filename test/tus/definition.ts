import type { DestinationDefinition } from '#src/service-api/definition.ts';
import { createTus } from './destination.ts';
import { service } from './error-replies.ts';
import { chunkBytes } from './limits.ts';
import { settingFields, settingsSchema } from './settings.ts';
import { optionFields, optionsSchema } from './transfer-options.ts';

/** A server of the tus protocol, as the registry would list it. */
export const tus: DestinationDefinition<'tus-server', typeof settingsSchema> = {
  kind: 'tus-server',
  title: service.name,
  asset: 'upload',
  secret: { variable: 'TUS_TOKEN', noun: 'token', storedAs: 'as plain text' },
  schema: settingsSchema,
  example: { baseUrl: 'https://tus.example.com/files' },
  fields: settingFields,
  transferOptions: { schema: optionsSchema, fields: optionFields },
  chunkBytesOf: () => chunkBytes,
  create: (settings, resources) => createTus({ ...resources, settings }),
};
