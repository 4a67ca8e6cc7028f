import {
  GetBucketNotificationConfigurationCommand,
  type _Object as ListedObject,
  ListObjectsV2Command,
  type NotificationConfiguration,
  type S3Client,
} from '@aws-sdk/client-s3';
import { describeSdkFailure, sdkFailure } from '#src/aws/sdk-failure.ts';
import { errorMeans, nameMeans } from '#src/core/errors/error-meanings.ts';
import { asTransferError } from '#src/core/errors/transfer-error.ts';
import {
  type Finding,
  failedByError,
  failedCheck,
  type Probes,
  passedCheck,
  skippedCheck,
} from '#src/core/preflight-findings.ts';
import { matchingSource } from '#src/core/source/source-filter.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { Source } from '#src/core/source/sources.ts';
import type { SourcePlace } from './clients.ts';
import { diagnoseDenial } from './denial-diagnosis.ts';
import { explainS3Failure, nameOfObject } from './failures.ts';
import { inspectObject } from './inspection.ts';
import { readRange } from './ranged-read.ts';

export interface SourceProbeOptions {
  /** The clients that transfers use. */
  readonly clientFor: (place: SourcePlace) => S3Client;
}

/** Objects per listing: enough to find one with bytes behind folder markers. */
const listedObjects = 20;

/** Prefixes tried for one source: some sixty requests, which fit into the time of one check. */
const triedPrefixes = 20;

/** The result of a listing: its finding, and an object to read. */
interface Listed {
  readonly finding: Finding;
  readonly isReached: boolean;
  readonly isListed: boolean;
  readonly object?: SourceReference | undefined;
}

/**
 * Creates a check that tries a source as a transfer does. It lists below each prefix, at most 20, and
 * reads the first byte of an object there by HEAD and GET. On request it checks the bucket's EventBridge
 * setting. It changes nothing.
 */
export function createSourceProbe({ clientFor }: SourceProbeOptions): Probes['source'] {
  return async (source, { withEventNotifications }) => {
    const [first = startOf(source), ...others] = startsOf(source);
    const { findings, isReached } = await tryBelow(clientFor, source, first);
    if (!isReached) return findings;
    const rest = await Promise.all(others.map((start) => tryBelow(clientFor, source, start)));
    findings.push(...rest.flatMap((tried) => tried.findings), ...untried(source));
    if (withEventNotifications) findings.push(await checkEventNotifications(clientFor, source));
    return findings;
  };
}

/** Returns the prefixes to try as references; the key is a prefix. */
function startsOf(source: Source): SourceReference[] {
  const { prefixes = [] } = source;
  if (prefixes.length === 0) return [startOf(source)];
  return prefixes.slice(0, triedPrefixes).map((prefix) => startOf(source, prefix));
}

function startOf({ bucket, account, region, requestPayer }: Source, key = ''): SourceReference {
  return { bucket, key, account, region, requestPayer };
}

/** Reports the prefixes beyond the bound. */
function untried({ bucket, prefixes = [] }: Source): Finding[] {
  if (prefixes.length <= triedPrefixes) return [];
  const problem = `only the first ${triedPrefixes} of ${prefixes.length} prefixes were checked`;
  const nextStep = 'Start one transfer by hand below each of the others.';
  return [skippedCheck(`source: all prefixes of bucket ${bucket}`, problem, nextStep)];
}

async function tryBelow(
  clientFor: SourceProbeOptions['clientFor'],
  source: Source,
  start: SourceReference,
): Promise<{ readonly findings: Finding[]; readonly isReached: boolean }> {
  const { finding, isReached, isListed, object } = await list(clientFor, source, start);
  const findings = [finding];
  if (object) findings.push(await read(clientFor, object));
  else if (isReached) findings.push(nothingToRead(start, isListed));
  return { findings, isReached };
}

async function list(
  clientFor: SourceProbeOptions['clientFor'],
  source: Source,
  start: SourceReference,
): Promise<Listed> {
  const check = `source: list ${nameOfObject(start)} (s3:ListBucket)`;
  try {
    const key = readableKey(source, await contentsOf(clientFor, start));
    const object = key === undefined ? undefined : { ...start, key };
    return { finding: passedCheck(check), isReached: true, isListed: true, object };
  } catch (error) {
    return { ...(await unlisted(clientFor, check, start, error)), isListed: false };
  }
}

async function contentsOf(
  clientFor: SourceProbeOptions['clientFor'],
  start: SourceReference,
): Promise<readonly ListedObject[]> {
  const { bucket: Bucket, key: Prefix } = start;
  const payer = start.requestPayer && ({ RequestPayer: 'requester' } as const);
  const command = new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: listedObjects, ...payer });
  const { Contents = [] } = await clientFor(start).send(command);
  return Contents;
}

/** Prefers an object that the source matches; skips folder markers and archived objects. */
function readableKey(source: Source, contents: readonly ListedObject[]): string | undefined {
  const keys = contents
    .filter(
      ({ Size = 0, StorageClass = '' }) =>
        Size > 0 && !/^(GLACIER|DEEP_ARCHIVE)$/.test(StorageClass),
    )
    .flatMap(({ Key }) => Key ?? []);
  return keys.find((key) => matchingSource([source], { key })) ?? keys[0];
}

async function unlisted(
  clientFor: SourceProbeOptions['clientFor'],
  check: string,
  start: SourceReference,
  thrown: unknown,
): Promise<Pick<Listed, 'finding' | 'isReached'>> {
  const error = explainS3Failure(thrown, start);
  const isReached = !errorMeans(error, 'sourceUnreachable');
  if (errorMeans(error, 'sourceMissing')) {
    const nextStep = "Correct the bucket's name in the configured sources and deploy.";
    return { finding: failedByError(check, error, nextStep), isReached };
  }
  if (!errorMeans(error, 'sourceDenied')) {
    return { finding: failedByError(check, error), isReached };
  }
  return { finding: await listRejected(clientFor, check, start, thrown), isReached };
}

/** Reports a denied listing. Transfers list nothing, but without a listing the check finds no object to read. */
async function listRejected(
  clientFor: SourceProbeOptions['clientFor'],
  check: string,
  start: SourceReference,
  thrown: unknown,
): Promise<Finding> {
  const reason = describeSdkFailure(sdkFailure(thrown));
  const problem = `S3 denied listing the bucket ${JSON.stringify(start.bucket)}: ${reason}`;
  if (start.requestPayer) return skippedCheck(check, problem, payerMayNotList);
  return failedCheck(check, problem, await listingAdvice(clientFor, start));
}

const payerMayNotList =
  "The bucket's owner may allow a paying requester to read objects and not to list them. Start one transfer by hand to check.";

/** A bucket with Requester Pays denies every request without that setting, under any policy. */
async function listingAdvice(
  clientFor: SourceProbeOptions['clientFor'],
  start: SourceReference,
): Promise<string> {
  return contentsOf(clientFor, { ...start, requestPayer: true }).then(
    () => 'Listing succeeds if the requester pays: set requestPayer for this source and deploy.',
    () =>
      `${allowOn(start, 's3:ListBucket')} If the bucket has Requester Pays, set requestPayer for this source instead.`,
  );
}

function allowOn(
  { bucket, account }: Pick<SourceReference, 'bucket' | 'account'>,
  action: string,
): string {
  const role = account === undefined ? "the function's role" : `the reader role of ${account}`;
  return `Allow ${action} on the bucket ${bucket} for ${role}; the bucket's own policy must not deny it.`;
}

/** The actions that a read of a pinned version needs. */
const readActions = 's3:GetObject, s3:GetObjectVersion, kms:Decrypt';

function nothingToRead(start: SourceReference, isListed: boolean): Finding {
  const below = nameOfObject(start);
  const check = `source: read below ${below} (${readActions})`;
  if (!isListed) {
    const problem = 'listing failed, and the check had no object to read';
    return skippedCheck(check, problem, 'Start one transfer by hand to check.');
  }
  const problem = `no object with bytes was found below ${below}, and reading was not checked`;
  return skippedCheck(check, problem, 'Put a file there and run the preflight again.');
}

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
    return passedCheck(check);
  } catch (thrown) {
    const error = asTransferError(thrown);
    if (nameMeans(error.name, 'sourceDenied')) {
      return failedByError(check, error, await diagnoseDenial(client, reference));
    }
    if (!nameMeans(error.name, 'oneObjectUnreadable')) return failedByError(check, error);
    return skippedCheck(check, `${error.name}: ${error.message}`, 'Check with another object.');
  }
}

/** Returns a signal that never fires: the agent's own bounds end a silent read. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

async function checkEventNotifications(
  clientFor: SourceProbeOptions['clientFor'],
  source: Source,
): Promise<Finding> {
  const check = `source: bucket ${source.bucket} sends its events to EventBridge`;
  try {
    const command = new GetBucketNotificationConfigurationCommand({ Bucket: source.bucket });
    const settings = await clientFor(source).send(command);
    if (settings.EventBridgeConfiguration) return passedCheck(check);
    const problem = 'the setting is off: no new object starts a transfer';
    return failedCheck(check, problem, switchOn(source, settings));
  } catch (error) {
    const problem = `reading the setting failed: ${describeSdkFailure(sdkFailure(error))}`;
    return skippedCheck(check, problem, allowOn(source, 's3:GetBucketNotification'));
  }
}

/** Returns the next step. The CLI command replaces all notifications, so it appears only if none exist. */
function switchOn({ bucket, region }: Source, settings: NotificationConfiguration): string {
  const console = `In the S3 console: bucket ${bucket}, Properties, Amazon EventBridge, Edit, On.`;
  const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations } = settings;
  const lists = [TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations];
  const others = lists.reduce((sum, list) => sum + (list?.length ?? 0), 0);
  if (others > 0) {
    return `${console} The console keeps the ${others} other notifications; put-bucket-notification-configuration would replace them.`;
  }
  const where = region === undefined ? '' : ` --region ${region}`;
  return `${console} Or: aws s3api put-bucket-notification-configuration --bucket ${bucket}${where} --notification-configuration '{"EventBridgeConfiguration":{}}'`;
}
