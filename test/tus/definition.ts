import type { DestinationDefinition } from '#src/service-api/definition.ts';
import { createTus } from './destination.ts';
import { service } from './error-replies.ts';
import { settingFields, settingsSchema } from './settings.ts';

/** A tus server, as the registry would list it. */
export const tus: DestinationDefinition<'tus', typeof settingsSchema> = {
  kind: 'tus',
  title: service.name,
  asset: 'upload',
  secret: { variable: 'TUS_TOKEN', noun: 'token', storedAs: 'as plain text' },
  schema: settingsSchema,
  fields: settingFields,
  create: (settings, resources) => createTus({ ...resources, settings }),
};
