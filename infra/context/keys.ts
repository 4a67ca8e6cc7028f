import { closest } from 'fastest-levenshtein';
import { refuse, refuseValue, shown } from '../refuse.ts';
import { sourceForm } from './source-form.ts';

/** What each stack may be told by CDK context; the key `stack` itself chooses one of them. */
export const contextKeys = {
  transfers: [
    'sources',
    'sourceBuckets',
    'prefixes',
    'suffixes',
    'mediaTypes',
    'minSize',
    'sameContent',
    'sourceAccounts',
    'organizationId',
    'apiKeySecretArn',
    'apiKeySecretKeyArn',
    'eventBusName',
    'baseUrl',
    'sendMemoryMiB',
    'sendTimeoutSeconds',
    'stepMemoryMiB',
    'stepTimeoutSeconds',
    'chunksInFlight',
    'mapConcurrency',
    'maxActiveTransfers',
    'transferWindow',
    'maxSendConcurrency',
    'sendReservedConcurrency',
    'maxMediaBytes',
    'maxImageBytes',
    'noProgressSeconds',
    'uploadReplySeconds',
    'privateUploadHosts',
    'vpcId',
    'vpcSubnetIds',
    'securityGroupIds',
    'tableDeletionProtection',
    'alarmEmail',
  ],
  'source-account': [
    'busArn',
    'sourceBuckets',
    'prefixes',
    'kmsKeyArns',
    'externalId',
    'readerRole',
    'readerRoleName',
    'readerPrincipalArns',
    'transferAccount',
    'alarmEmail',
  ],
} as const;

export type StackKind = keyof typeof contextKeys;

const stackKinds = Object.keys(contextKeys) as StackKind[];

/** What the CDK CLI itself keeps in the context beside keys with a colon (aws-cdk 2.1148). */
const keysOfTheCli: readonly string[] = ['acknowledged-issue-numbers', 'cli-telemetry'];

/** @throws ConfigurationError - there is no such stack */
export function stackKind(context: Readonly<Record<string, unknown>>): StackKind {
  const value = context.stack ?? 'transfers';
  const kind = stackKinds.find((one) => one === value);
  return kind ?? refuse('context', `stack is ${shown(value)}; ${stackKinds.join(' or ')} is right`);
}

/**
 * A misspelt key would leave its default in force without a word.
 * @throws ConfigurationError - names the first key that the stack does not know, and the nearest one
 */
export function checkKeys(kind: StackKind, context: Readonly<Record<string, unknown>>): void {
  const known: readonly string[] = ['stack', ...contextKeys[kind]];
  const unknown = Object.keys(context).find((key) => !isOfTheCdk(key) && !known.includes(key));
  if (unknown === undefined) return;
  const other = stackKinds.find((one) => (contextKeys[one] as readonly string[]).includes(unknown));
  if (other) refuse('context', `${unknown} is for stack=${other} only; this is stack=${kind}`);
  if (kind === 'transfers') assertNoSourceField(unknown);
  refuse('context', `${unknown} is no known key; did you mean ${closest(unknown, known)}?`);
}

/** How a value of each form is written in JSON. */
const exampleOf = {
  text: '"…"',
  texts: '["…"]',
  textByName: '{"…":"…"}',
  number: '3600',
  boolean: 'true',
} as const;

function assertNoSourceField(key: string): void {
  const form = Object.hasOwn(sourceForm.optional, key) && sourceForm.optional[key];
  if (!form) return;
  const example = `-c sources='[{"bucket":"…","${key}":${exampleOf[form]}}]'`;
  refuseValue('context key', key, `must be a field of sources. Use ${example}`);
}

function isOfTheCdk(key: string): boolean {
  return key.includes(':') || key.startsWith('@') || keysOfTheCli.includes(key);
}
