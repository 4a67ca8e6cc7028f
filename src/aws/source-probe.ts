import {
  GetBucketNotificationConfigurationCommand,
  type _Object as ListedObject,
  ListObjectsV2Command,
  type NotificationConfiguration,
  type S3Client,
} from '@aws-sdk/client-s3';
import { asTransferError, type ErrorName, isTransferError } from '#src/core/errors.ts';
import {
  type Finding,
  failedBy,
  missing,
  type Probes,
  passed,
  untold,
} from '#src/core/preflight.ts';
import { sourceTaking } from '#src/core/source-filter.ts';
import type { SourceReference } from '#src/core/source-object.ts';
import type { Source } from '#src/core/sources.ts';
import type { SourcePlace } from './s3-clients.ts';
import { diagnoseDenial } from './s3-denial-diagnosis.ts';
import { explainS3Failure, nameOfObject } from './s3-failures.ts';
import { inspectObject } from './s3-inspection.ts';
import { readRange } from './s3-ranged-read.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface SourceProbeOptions {
  /** The clients that transfers read with. */
  readonly clientFor: (place: SourcePlace) => S3Client;
}

/** Enough to find an object with bytes behind folder markers. */
const listedObjects = 20;

/** What listing found: whether the bucket can be reached at all, and an object to read. */
interface Listed {
  readonly finding: Finding;
  readonly isReached: boolean;
  readonly object?: SourceReference | undefined;
}

/**
 * Tries a source as a transfer would: lists below its first prefix, reads the first byte of an object
 * found there by HEAD and GET, and looks at the bucket's EventBridge switch where asked to. Changes
 * nothing.
 */
export function createSourceProbe({ clientFor }: SourceProbeOptions): Probes['source'] {
  return async (source, { withSwitch }) => {
    const { finding, isReached, object } = await list(clientFor, source);
    const findings = [finding];
    if (!isReached) return findings;
    findings.push(object ? await read(clientFor, object) : nothingToRead(source));
    if (withSwitch) findings.push(await lookAtSwitch(clientFor, source));
    return findings;
  };
}

async function list(clientFor: SourceProbeOptions['clientFor'], source: Source): Promise<Listed> {
  const check = `source: list ${nameOfObject(startOf(source))} (s3:ListBucket)`;
  try {
    const contents = await contentsOf(clientFor, source);
    return { finding: passed(check), isReached: true, object: readable(source, contents) };
  } catch (error) {
    return unlisted(clientFor, check, source, error);
  }
}

async function contentsOf(
  clientFor: SourceProbeOptions['clientFor'],
  source: Source,
): Promise<readonly ListedObject[]> {
  const { bucket: Bucket, key: Prefix } = startOf(source);
  const payer = source.requestPayer && ({ RequestPayer: 'requester' } as const);
  const command = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: listedObjects, ...payer });
  const { Contents = [] } = await clientFor(source).send(command);
  return Contents;
}

/** Where the configured objects begin; the key is a prefix. */
function startOf({ bucket, account, region, prefixes, requestPayer }: Source): SourceReference {
  return { bucket, key: prefixes?.[0] ?? '', account, region, requestPayer };
}

/** An object that the source takes, else any with bytes: folder markers and archived objects have none to read. */
function readable(source: Source, contents: readonly ListedObject[]): SourceReference | undefined {
  const keys = contents
    .filter(
      ({ Size = 0, StorageClass = '' }) =>
        Size > 0 && !/^(GLACIER|DEEP_ARCHIVE)$/.test(StorageClass),
    )
    .flatMap(({ Key }) => Key ?? []);
  const key = keys.find((one) => sourceTaking([source], { key: one })) ?? keys[0];
  return key === undefined ? undefined : { ...startOf(source), key };
}

/** Errors that every other request to the bucket would end with as well. */
const outOfReach: readonly ErrorName[] = [
  'SourceNotFoundError',
  'SourceRegionMismatchError',
  'SourceRoleRefusedError',
  'SourceNotConfiguredError',
  'SourceUnavailableError',
  'ConfigurationError',
];

async function unlisted(
  clientFor: SourceProbeOptions['clientFor'],
  check: string,
  source: Source,
  thrown: unknown,
): Promise<Listed> {
  const error = explainS3Failure(thrown, startOf(source));
  const isReached = !outOfReach.includes(error.name);
  if (isTransferError(error, 'SourceNotFoundError')) {
    const nextStep = "Correct the bucket's name in the configured sources and deploy.";
    return { finding: failedBy(check, error, nextStep), isReached };
  }
  if (!isTransferError(error, 'SourceAccessDeniedError')) {
    return { finding: failedBy(check, error), isReached };
  }
  const advice = await listingAdvice(clientFor, source);
  return { finding: listRefused(check, source, thrown, advice), isReached };
}

/** A bucket whose requester pays denies every request that does not say so, whatever the policies. */
async function listingAdvice(
  clientFor: SourceProbeOptions['clientFor'],
  source: Source,
): Promise<string> {
  const allow = allowOn(source, 's3:ListBucket');
  if (source.requestPayer) return allow;
  return contentsOf(clientFor, { ...source, requestPayer: true }).then(
    () =>
      'Listing passes where it says that the requester pays: set requestPayer for this source and deploy.',
    () => allow,
  );
}

function listRefused(check: string, source: Source, thrown: unknown, advice: string): Finding {
  const said = describeSdkFailure(sdkFailure(thrown));
  const problem = `S3 refuses to list the bucket ${JSON.stringify(source.bucket)}: ${said}`;
  return missing(check, problem, advice);
}

function allowOn({ bucket, account }: Source, action: string): string {
  const role = account === undefined ? "the function's role" : `the reader role of ${account}`;
  return `Allow ${action} on the bucket ${bucket} to ${role}; the bucket's own policy must not deny it.`;
}

/** What reading one byte of a pinned version takes. */
const readActions = 's3:GetObject, s3:GetObjectVersion, kms:Decrypt';

function nothingToRead(source: Source): Finding {
  const start = nameOfObject(startOf(source));
  return untold(
    `source: read below ${start} (${readActions})`,
    `no object with bytes was found below ${start}, so reading was not tried`,
    'Put a file there and run the preflight again.',
  );
}

/** Errors that are about the one object that was tried, and say nothing about permissions. */
const aboutTheObject: readonly ErrorName[] = [
  'SourceArchivedError',
  'SourceCustomerEncryptedError',
  'SourceNotFoundError',
  'SourceSupersededError',
];

async function read(
  clientFor: SourceProbeOptions['clientFor'],
  reference: SourceReference,
): Promise<Finding> {
  const check = `source: read ${nameOfObject(reference)} (${readActions})`;
  const client = clientFor(reference);
  try {
    const source = await inspectObject(client, reference);
    const reading = { source, range: { start: 0, endInclusive: 0 }, signal: neverAborted() };
    for await (const _ of readRange(clientFor, reading));
    return passed(check);
  } catch (thrown) {
    const error = asTransferError(thrown);
    if (error.name === 'SourceAccessDeniedError') {
      return failedBy(check, error, await diagnoseDenial(client, reference));
    }
    if (!aboutTheObject.includes(error.name)) return failedBy(check, error);
    return untold(check, `${error.name}: ${error.message}`, 'Try with another object.');
  }
}

/** The agent's own bounds end a silent read of one byte. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

async function lookAtSwitch(
  clientFor: SourceProbeOptions['clientFor'],
  source: Source,
): Promise<Finding> {
  const check = `source: bucket ${source.bucket} sends its events to EventBridge`;
  try {
    const command = new GetBucketNotificationConfigurationCommand({ Bucket: source.bucket });
    const settings = await clientFor(source).send(command);
    if (settings.EventBridgeConfiguration) return passed(check);
    const problem = 'the switch is off, so no new object starts a transfer';
    return missing(check, problem, switchOn(source, settings));
  } catch (error) {
    const problem = `the switch could not be looked at: ${describeSdkFailure(sdkFailure(error))}`;
    return untold(check, problem, allowOn(source, 's3:GetBucketNotification'));
  }
}

/** The CLI's command replaces a bucket's notification settings, so it is shown only if there are none. */
function switchOn({ bucket, region }: Source, settings: NotificationConfiguration): string {
  const console = `In the S3 console: bucket ${bucket}, Properties, Amazon EventBridge, Edit, On.`;
  const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations } = settings;
  const lists = [TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations];
  const others = lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
  if (others > 0) {
    return `${console} Its ${others} other notifications stay so; put-bucket-notification-configuration would replace them.`;
  }
  const where = region === undefined ? '' : ` --region ${region}`;
  return `${console} Or: aws s3api put-bucket-notification-configuration --bucket ${bucket}${where} --notification-configuration '{"EventBridgeConfiguration":{}}'`;
}
