import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { z } from 'zod';
import {
  defaultActiveTransfers,
  defaultSendConcurrency,
  defaultSendTimeoutMs,
  maxChunksInFlight,
  maxMapConcurrency,
  maxUploadReplyMs,
  minUploadReplyMs,
} from '#src/core/limits/limits.ts';
import { check } from '../configuration/check.ts';
import {
  cdkObject,
  duration,
  invalidAt,
  text,
  trueOrFalse,
  wholeNumber,
} from '../configuration/fields.ts';
import {
  type CheckedDestination,
  checkDestination,
  destinationFields,
} from '../destination/destination-props.ts';
import { alarmEmail, alarmThresholds } from '../monitoring/alarm-thresholds.ts';
import { checkRecipients } from '../monitoring/monitoring-props.ts';
import { checkNetwork, networkFields } from '../network/network-props.ts';
import { accountList, accountReaderFields, checkOrganization } from '../sources/account-readers.ts';
import { sameContent, sourceProps } from '../sources/source-props.ts';
import {
  assertWindow,
  checkQueue,
  maxActiveTransfers,
  maxSends,
  windowFields,
} from './queue-fields.ts';

/** Bounds of the settings in seconds, which the context sets by keys of their own. */
export const secondsBounds = {
  sendTimeout: { least: 60, most: 900 },
  stepTimeout: { least: 10, most: 60 },
  noProgress: { least: 1, most: 300 },
  uploadReply: { least: minUploadReplyMs / 1000, most: maxUploadReplyMs / 1000 },
};

const fields = {
  sources: z.array(sourceProps, 'must be a list').readonly().default([]).meta({
    description:
      'Existing buckets: each new object that matches a source is transferred, and its objects may be started by hand. `addSource` adds more. A start for any other bucket fails with `SourceNotConfiguredError`.',
    default: 'none',
  }),
  sameContent: sameContent().optional().meta({
    description:
      'What happens to a new version that holds the bytes of an earlier version. `reuse` uses the existing asset again if digests prove the same bytes. A source may set its own.',
    default: '`transfer`: each version becomes an asset of its own',
  }),
  sourceAccounts: accountList(z.object(accountReaderFields)).readonly().default([]).meta({
    description:
      'Other accounts whose buckets may be sources. With any, the stack has an event bus that takes their events.',
    default: 'none',
  }),
  organizationId: text(
    /^o-[a-z0-9]{10,32}$/,
    'must be "o-" and 10 to 32 lowercase letters or digits',
  )
    .optional()
    .meta({
      description:
        'Allows every account of this organization to put S3 events on that bus, by one policy statement. An event of an account outside `sourceAccounts` is rejected, counted, and raises an alarm.',
      default: 'none: only the source accounts may put events',
    }),
  apiKeySecret: cdkObject<ISecret>('ISecret').optional().meta({
    description:
      "The secret that holds the destination's API key or token, in the form that [Destinations](#destinations) names.",
    default: 'a new secret without a value: store the key in it before the first transfer',
  }),
  eventBus: cdkObject<IEventBus>('IEventBus').optional().meta({
    description: 'Takes the events of transfers that started and ended.',
    default: "the account's default bus",
  }),
  ...destinationFields,
  sendMemoryMiB: wholeNumber(128, 10_240).default(1024).meta({
    description: 'Memory of the sending function, in MiB. It also determines CPU and network.',
  }),
  sendTimeout: duration(secondsBounds.sendTimeout)
    .default(Duration.millis(defaultSendTimeoutMs))
    .meta({
      description:
        'Time limit of one call of the sending function. A send that approaches it stops cleanly and is called again for the rest. At the default, the upload host has its whole reply time after the last byte of a chunk.',
    }),
  stepMemoryMiB: wholeNumber(128, 10_240).default(512).meta({
    description: 'Memory of each other function, in MiB.',
  }),
  stepTimeout: duration(secondsBounds.stepTimeout).default(Duration.seconds(60)).meta({
    description: 'Time limit of each other function.',
  }),
  chunksInFlight: wholeNumber(1, maxChunksInFlight).optional().meta({
    description: 'Chunks that one call of the sending function sends at the same time.',
    default: '4',
  }),
  mapConcurrency: wholeNumber(1, maxMapConcurrency).optional().meta({
    description:
      'Ranges that one transfer sends at the same time. An inline Map runs at most 40 iterations.',
    default: '8',
  }),
  maxActiveTransfers: maxActiveTransfers().default(defaultActiveTransfers).meta({
    description:
      'Transfers that hold a slot, from opening the session until all bytes have arrived. Other transfers wait in the queue, in order of arrival, at no cost. A change applies to transfers that start after the deployment, queued transfers included.',
  }),
  transferWindow: z.object(windowFields, 'must be an object').optional().meta({
    description:
      'The hours in which transfers start. Outside the window every transfer waits in the queue. `underWay` chooses what active transfers do when it closes.',
    default: 'always',
  }),
  maxSendConcurrency: wholeNumber(1, maxSends).default(defaultSendConcurrency).meta({
    description:
      'Calls of the sending function that run at the same time, over all transfers; at least `maxActiveTransfers`. Each transfer plans its share within it.',
  }),
  sendReservedConcurrency: wholeNumber(1, maxSends).optional().meta({
    description:
      "Concurrent executions of the account that the sending function reserves and does not exceed; at least `maxSendConcurrency`. Lambda leaves 100 of the account's unreserved.",
    default: 'none reserved',
  }),
  noProgress: duration(secondsBounds.noProgress).optional().meta({
    description:
      'How long a chunk may make no progress in one direction: S3 sends no byte, or the upload host accepts none. Then it is sent again. The total time of a chunk has no limit.',
    default: '60 s',
  }),
  uploadReply: duration(secondsBounds.uploadReply).optional().meta({
    description:
      "How long the upload host may take to reply after a chunk's last byte. Some hosts check or copy the whole chunk before they reply.",
    default: '300 s',
  }),
  privateUploadHosts: trueOrFalse().optional().meta({
    description:
      'Allows chunks to go to private addresses: for an S3 interface endpoint, or a TUN proxy or VPN that resolves names to 198.18.x.x.',
    default: '`false`: only public addresses',
  }),
  ...networkFields,
  tableRemovalPolicy: z
    .enum(RemovalPolicy, 'must be a RemovalPolicy')
    .default(RemovalPolicy.RETAIN)
    .meta({
      type: '`RemovalPolicy`',
      description: 'What happens to the table when it leaves the stack.',
      default: '`RemovalPolicy.RETAIN`',
    }),
  tableDeletionProtection: trueOrFalse().default(true).meta({
    description: 'Whether DynamoDB rejects every request to delete the table.',
  }),
  alarmEmail: alarmEmail().optional().meta({
    description:
      'Receives every alarm and every notice about failed transfers, after its owner confirms the subscription.',
    default: 'none: the topic has no subscription',
  }),
  alarmTopic: cdkObject<ITopic>('ITopic').optional().meta({
    description:
      "Receives all alarms and failure notices instead of the stack's own topic. Its policy must allow CloudWatch to publish.",
    default: 'a new topic',
  }),
  alarmThresholds: alarmThresholds.meta({
    type: 'object',
    description: 'Thresholds of the alarms that have no natural bound.',
    default: 'the default of each threshold',
  }),
  logRetention: z
    .enum(RetentionDays, 'must be a RetentionDays')
    .default(RetentionDays.THREE_MONTHS)
    .meta({
      type: '`RetentionDays`',
      description: 'How long logs are retained. They are deleted with the stack.',
      default: '`RetentionDays.THREE_MONTHS`',
    }),
};

/** The schema of the construct's props. */
export const chunkferryProps = z
  .object(fields)
  .check(checkOrganization, checkRecipients, checkQueue, ({ value, issues }) => {
    const { tableRemovalPolicy, tableDeletionProtection } = value;
    if (tableRemovalPolicy !== RemovalPolicy.DESTROY || !tableDeletionProtection) return;
    const must =
      'must not be set together with tableDeletionProtection. Set that to false as well: DynamoDB would reject the deletion';
    issues.push(invalidAt(['tableRemovalPolicy'], tableRemovalPolicy, must));
  });

/** Props with the defaults of the infrastructure filled in, and every bound checked. */
export interface CheckedProps
  extends Readonly<Omit<z.output<typeof chunkferryProps>, 'destination' | 'baseUrl'>> {
  readonly destination: CheckedDestination;
}

/**
 * Fills in the defaults and checks every bound before the stack is synthesized.
 * @throws ConfigurationError - names the prop, its value and what must hold
 */
export function checkProps(props: Readonly<z.input<typeof chunkferryProps>>): CheckedProps {
  const checked = check(chunkferryProps, props);
  assertWindow(checked.transferWindow);
  checkNetwork(checked);
  return { ...checked, destination: checkDestination(checked) };
}
