import type { DestinationDefinition } from '#src/service-api/definition.ts';
import { createTwelveLabs } from './destination.ts';
import { service } from './error-replies.ts';
import { settingFields, settingsSchema } from './settings.ts';
import { optionFields, optionsSchema } from './transfer-options.ts';

/** TwelveLabs: video, audio and images, which become assets. */
export const twelveLabs: DestinationDefinition<'twelvelabs', typeof settingsSchema> = {
  kind: 'twelvelabs',
  title: service.name,
  asset: 'asset',
  secret: { variable: 'TWELVE_LABS_API_KEY', noun: 'API key', storedAs: 'as plain text' },
  schema: settingsSchema,
  simulator: 'twelvelabs',
  fields: settingFields,
  transferOptions: { schema: optionsSchema, fields: optionFields },
  create: ({ baseUrl, maxMediaBytes, maxImageBytes }, resources) => {
    const limits = { video: maxMediaBytes, audio: maxMediaBytes, image: maxImageBytes };
    return createTwelveLabs({ ...resources, baseUrl, limits });
  },
};
