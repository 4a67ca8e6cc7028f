import { Duration } from 'aws-cdk-lib';
import { z } from 'zod';
import { list, seconds, strictObject } from '../configuration/fields.ts';
import { accountList, accountReaderFields } from '../sources/account-readers.ts';
import { bucketName, checkAccessPointRegion } from '../sources/bucket-field.ts';
import { checkSizes, checkSuffixTypes, mediaTypesOf } from '../sources/filter-fields.ts';
import { deniedBounds, deniedReference, sourceFields } from '../sources/source-props.ts';
import { chunkferryProps, secondsBounds } from '../stacks/chunkferry-props.ts';
import { namedFields } from '../stacks/named-resource-props.ts';
import { windowFields } from '../stacks/queue-fields.ts';
import { kindKey } from './destination-keys.ts';
import {
  jsonKey,
  listKey,
  numberKey,
  pairsKey,
  plainListKey,
  secondsKey,
  stackNameKey,
  switchKey,
  textKey,
} from './key-fields.ts';

/** The fields of a source in the context. JSON has no durations, so the time is in seconds. */
export const contextSourceFields = {
  bucket: bucketName().meta({
    description:
      'Name of an existing bucket. Its EventBridge switch must be on. An access point, by its ARN or alias, has no events: start its objects by hand.',
  }),
  ...sourceFields,
  waitWhileDeniedSeconds: seconds(deniedBounds).optional().meta(deniedReference),
};

const contextSource = strictObject(contextSourceFields)
  .check(checkSizes, checkSuffixTypes, checkAccessPointRegion)
  .transform(({ waitWhileDeniedSeconds, ...source }) =>
    waitWhileDeniedSeconds === undefined
      ? source
      : { ...source, waitWhileDenied: Duration.seconds(waitWhileDeniedSeconds) },
  );

const { shape } = chunkferryProps;

const filterKeys = {
  prefixes: listKey(sourceFields.prefixes),
  suffixes: listKey(sourceFields.suffixes),
  mediaTypes: pairsKey(
    mediaTypesOf('must be comma-separated pairs such as .r3d=video, each suffix once'),
  ),
  minSize: numberKey(sourceFields.minSize),
};

/** The names of the keys that filter the buckets of `sourceBuckets`. */
export const filterNames = Object.keys(filterKeys) as readonly (keyof typeof filterKeys)[];

/** The keys of the transfers' stack. */
export const transferKeys = {
  sourceBuckets: plainListKey(list(bucketName()).optional()).meta({
    type: 'comma-separated text',
    description:
      'Existing buckets of this account and Region, or access points. Their EventBridge switch must be on. The next four keys filter the objects of each.',
    default: 'none',
  }),
  ...filterKeys,
  sources: jsonKey(z.array(contextSource, 'must be a JSON array').optional()).meta({
    type: 'JSON array',
    description:
      'Existing buckets, each with its own filters and options: see [Fields of a source](#fields-of-a-source).',
    default: 'none',
  }),
  sameContent: textKey(shape.sameContent),
  sourceAccounts: jsonKey(accountList(strictObject(accountReaderFields)).optional()).meta({
    type: 'JSON array',
    description: `${shape.sourceAccounts.description} See [Fields of a source account](#fields-of-a-source-account).`,
    default: 'none',
  }),
  organizationId: textKey(shape.organizationId),
  stackName: stackNameKey,
  destination: kindKey,
  baseUrl: textKey(shape.baseUrl),
  earlierDestinations: plainListKey(shape.earlierDestinations),
  apiKeySecretArn: textKey(namedFields.apiKeySecretArn),
  apiKeySecretKeyArn: textKey(namedFields.apiKeySecretKeyArn),
  eventBusName: textKey(namedFields.eventBusName),
  maxActiveTransfers: numberKey(shape.maxActiveTransfers),
  transferWindow: jsonKey(strictObject(windowFields).optional()).meta({
    type: 'JSON object',
    description: `${shape.transferWindow.description} See [Fields of a transfer window](#fields-of-a-transfer-window).`,
    default: 'always',
  }),
  maxSendConcurrency: numberKey(shape.maxSendConcurrency),
  sendReservedConcurrency: numberKey(shape.sendReservedConcurrency),
  mapConcurrency: numberKey(shape.mapConcurrency),
  chunksInFlight: numberKey(shape.chunksInFlight),
  sendMemoryMiB: numberKey(shape.sendMemoryMiB),
  sendTimeoutSeconds: secondsKey(shape.sendTimeout, secondsBounds.sendTimeout),
  stepMemoryMiB: numberKey(shape.stepMemoryMiB),
  stepTimeoutSeconds: secondsKey(shape.stepTimeout, secondsBounds.stepTimeout),
  noProgressSeconds: secondsKey(shape.noProgress, secondsBounds.noProgress),
  uploadReplySeconds: secondsKey(shape.uploadReply, secondsBounds.uploadReply),
  privateUploadHosts: switchKey(shape.privateUploadHosts),
  vpcId: textKey(namedFields.vpcId),
  vpcSubnetIds: listKey(namedFields.vpcSubnetIds),
  securityGroupIds: listKey(namedFields.securityGroupIds),
  tableDeletionProtection: switchKey(shape.tableDeletionProtection),
  alarmEmail: textKey(shape.alarmEmail),
};
