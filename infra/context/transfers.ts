import type { TransferStackProps } from '#infra/stacks/transfer-stack.ts';
import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import type { MediaType } from '#src/core/source/media-types.ts';
import { refuse } from '../refuse.ts';
import type { AccountReader } from '../sources/account-readers.ts';
import { checkDeniedSeconds } from '../sources/check-source.ts';
import type { SourceProps } from '../sources/source-props.ts';
import { checkKeys } from './keys.ts';
import { type ObjectForm, object, objects } from './objects.ts';
import { sourceForm } from './source-form.ts';
import {
  type Context,
  list,
  optionalList,
  pairs,
  seconds,
  text,
  whole,
  withoutAbsent,
  yesOrNo,
} from './values.ts';

/** A source as the context writes it: JSON knows no durations. */
type ContextSource = Omit<SourceProps, 'waitWhileDenied'> & {
  readonly waitWhileDeniedSeconds?: number;
};

const sourceAccountForm: ObjectForm = {
  required: { account: 'text', externalId: 'text' },
  optional: { readerRoleName: 'text' },
};

const windowForm: ObjectForm = {
  required: { from: 'text', to: 'text', timeZone: 'text' },
  optional: { underWay: 'text' },
};

/**
 * The props of the stack that holds a Chunkferry, out of CDK context: `-c key=value` on the command
 * line, or `context` in cdk.json. Sizes and times are whole numbers. A key that is not set is left out.
 * @throws ConfigurationError - an unknown key, or a value of another form
 */
export function transferProps(context: Context): TransferStackProps {
  checkKeys('transfers', context);
  return withoutAbsent({
    sources: sourcesOf(context),
    sameContent: text(context, 'sameContent') as TransferStackProps['sameContent'],
    sourceAccounts: objects<AccountReader>(context, 'sourceAccounts', sourceAccountForm),
    organizationId: text(context, 'organizationId'),
    apiKeySecretArn: text(context, 'apiKeySecretArn'),
    apiKeySecretKeyArn: text(context, 'apiKeySecretKeyArn'),
    eventBusName: text(context, 'eventBusName'),
    baseUrl: text(context, 'baseUrl'),
    sendMemoryMiB: whole(context, 'sendMemoryMiB'),
    sendTimeout: seconds(context, 'sendTimeoutSeconds'),
    stepMemoryMiB: whole(context, 'stepMemoryMiB'),
    stepTimeout: seconds(context, 'stepTimeoutSeconds'),
    chunksInFlight: whole(context, 'chunksInFlight'),
    mapConcurrency: whole(context, 'mapConcurrency'),
    maxActiveTransfers: whole(context, 'maxActiveTransfers'),
    transferWindow: object<TransferWindow>(context, 'transferWindow', windowForm),
    maxSendConcurrency: whole(context, 'maxSendConcurrency'),
    sendReservedConcurrency: whole(context, 'sendReservedConcurrency'),
    maxMediaBytes: whole(context, 'maxMediaBytes'),
    maxImageBytes: whole(context, 'maxImageBytes'),
    noProgress: seconds(context, 'noProgressSeconds'),
    uploadReply: seconds(context, 'uploadReplySeconds'),
    privateUploadHosts: yesOrNo(context, 'privateUploadHosts'),
    vpcId: text(context, 'vpcId'),
    vpcSubnetIds: list(context, 'vpcSubnetIds'),
    securityGroupIds: list(context, 'securityGroupIds'),
    tableDeletionProtection: yesOrNo(context, 'tableDeletionProtection'),
    alarmEmail: text(context, 'alarmEmail'),
  });
}

function sourcesOf(context: Context): SourceProps[] | undefined {
  const structured = objects<ContextSource>(context, 'sources', sourceForm) ?? [];
  const sources = [...structured.map(propsOf), ...shortSources(context)];
  return sources.length > 0 ? sources : undefined;
}

function propsOf({ waitWhileDeniedSeconds, ...source }: ContextSource, index: number): SourceProps {
  const name = `sources[${index}].waitWhileDeniedSeconds`;
  if (waitWhileDeniedSeconds !== undefined) checkDeniedSeconds(name, waitWhileDeniedSeconds);
  const waitWhileDenied = seconds({ [name]: waitWhileDeniedSeconds }, name);
  return waitWhileDenied === undefined ? source : { ...source, waitWhileDenied };
}

/** `sourceBuckets=a,b`, with the filters that hold for each of them. */
function shortSources(context: Context): SourceProps[] {
  const buckets = optionalList(context, 'sourceBuckets') ?? [];
  const filters = withoutAbsent({
    prefixes: list(context, 'prefixes'),
    suffixes: list(context, 'suffixes'),
    mediaTypes: pairs<MediaType>(context, 'mediaTypes'),
    minSize: whole(context, 'minSize'),
  });
  const [filter] = Object.keys(filters);
  if (filter && buckets.length === 0) {
    refuse(
      'context',
      `${filter} is for sourceBuckets, which is not set; in sources, each has its own`,
    );
  }
  return buckets.map((bucket) => ({ bucket, ...filters }));
}
