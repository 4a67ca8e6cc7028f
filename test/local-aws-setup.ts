import { removeUserAwsSettings } from '#local/emulators/local-account.ts';

/** Tests talk to local servers only: whoever runs them may have any AWS profile, keys or Region. */
removeUserAwsSettings();
