import type { ObjectForm } from './objects.ts';

/** The fields of a source, as the context writes it. */
export const sourceForm: ObjectForm = {
  required: { bucket: 'text' },
  optional: {
    account: 'text',
    region: 'text',
    prefixes: 'texts',
    suffixes: 'texts',
    mediaTypes: 'textByName',
    minSize: 'number',
    maxSize: 'number',
    sameContent: 'text',
    kmsKeyArn: 'text',
    switchOnEvents: 'boolean',
    requestPayer: 'boolean',
    waitWhileDeniedSeconds: 'number',
  },
};
