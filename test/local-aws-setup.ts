import { removeUserAwsSettings } from '#local/emulators/local-account.ts';

/** Tests talk to local servers only: whoever runs them may have any AWS profile, keys or Region. */
removeUserAwsSettings();

/** A proxy of theirs would be asked for hosts that only a test knows. */
for (const name of Object.keys(process.env))
  if (/^(https?|no)_proxy$/i.test(name)) delete process.env[name];
