import type { DestinationDefinition } from '#src/service-api/definition.ts';
import { createSelfCommunity } from './destination.ts';
import { service } from './error-replies.ts';
import { maxChunkBytes } from './limits.ts';
import { flawOfSecret } from './secret.ts';
import { settingFields, settingsSchema } from './settings.ts';
import { optionFields, optionsSchema } from './transfer-options.ts';

/** SelfCommunity: images and documents, which become media of a community. */
export const selfCommunity: DestinationDefinition<'selfcommunity', typeof settingsSchema> = {
  kind: 'selfcommunity',
  needs: { wholeDigest: 'md5', renewsSecret: true },
  title: service.name,
  asset: 'media',
  secret: {
    variable: 'SELFCOMMUNITY_TOKEN',
    noun: 'access token',
    storedAs:
      'as plain text, or as JSON with accessToken, refreshToken, clientId, clientSecret and tokenUrl',
    flawOf: flawOfSecret,
  },
  schema: settingsSchema,
  example: { baseUrl: 'https://community.example.com/api/v2' },
  simulator: 'selfcommunity',
  fields: settingFields,
  transferOptions: { schema: optionsSchema, fields: optionFields },
  chunkBytesOf: () => maxChunkBytes,
  create: (settings, resources) => createSelfCommunity({ ...resources, settings }),
};
