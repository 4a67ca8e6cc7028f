import { removeUserAwsSettings } from '#local/emulators/local-account.ts';
import { restoreEnvironment } from './process-environment.ts';

// A worker runs many test files, and some of them change the environment.
restoreEnvironment();

// Tests call only local servers and must ignore the user's AWS profile, keys and Region.
removeUserAwsSettings();

// The user's proxy does not know the hosts of the tests.
for (const name of Object.keys(process.env))
  if (/^(https?|no)_proxy$/i.test(name)) delete process.env[name];
