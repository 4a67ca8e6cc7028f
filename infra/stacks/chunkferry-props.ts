import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { checkSeconds, checkWhole } from '#infra/bounds.ts';
import type { AlarmThresholds } from '#infra/monitoring/monitoring-props.ts';
import { checkNetwork, type NetworkProps } from '#infra/network/network-props.ts';
import { refuse, shown } from '#infra/refuse.ts';
import type { AccountReader } from '#infra/sources/account-readers.ts';
import { checkSameContent } from '#infra/sources/check-source.ts';
import type { SameContent, SourceProps } from '#infra/sources/source-props.ts';
import {
  defaultActiveTransfers,
  defaultSendConcurrency,
  maxChunksInFlight,
  maxMapConcurrency,
  maxUploadReplyMs,
  minUploadReplyMs,
} from '#src/core/limits/limits.ts';
import type { TransferWindow } from '#src/core/queue/transfer-window.ts';
import { checkQueue } from './queue-bounds.ts';

/** What may be said about a Chunkferry. Nothing is required. */
export interface ChunkferryProps extends NetworkProps {
  /**
   * Existing buckets whose new objects are moved and whose objects may be named by hand; more may be
   * added with `addSource`. A bucket that is not among them is refused by name.
   * @default none: no event starts an execution and no object may be read
   */
  readonly sources?: readonly SourceProps[];
  /**
   * What happens to a new version of an object that holds the bytes of an earlier one: `reuse` uses
   * the asset again that is there, where digests prove the same bytes. A source may say otherwise.
   * @default 'transfer': each version is an asset of its own
   */
  readonly sameContent?: SameContent;
  /**
   * Other accounts whose buckets may be sources. With any, there is a bus that takes their events.
   * @default none
   */
  readonly sourceAccounts?: readonly AccountReader[];
  /**
   * Lets every account of this organization put S3 events on that bus, instead of one statement for
   * each source account. An event of any other account than those is refused by name, counted, and
   * rings an alarm: objects are read by a role of their account, and only theirs are known.
   * @default none: the source accounts alone may put events
   */
  readonly organizationId?: string;
  /**
   * Holds the service's API key as plain text.
   * @default a new secret without a value: put the key into it before the first transfer
   */
  readonly apiKeySecret?: ISecret;
  /**
   * Takes the events of transfers that started and ended.
   * @default the account's default bus
   */
  readonly eventBus?: IEventBus;
  /**
   * Another server than the service's own, with its version path; https unless it is on loopback.
   * @default the service's own
   */
  readonly baseUrl?: string;
  /**
   * Memory of the sending function, 128 to 10,240. It decides the CPU and the network too.
   * @default 1024
   */
  readonly sendMemoryMiB?: number;
  /**
   * Time limit of one call of the sending function, 60 to 900 s. A send that nears it stops cleanly
   * and is called again for the rest.
   * @default 600 s, so that a reply may take `uploadReply` after the last byte of a chunk
   */
  readonly sendTimeout?: Duration;
  /**
   * Memory of each other function, 128 to 10,240.
   * @default 512
   */
  readonly stepMemoryMiB?: number;
  /**
   * Time limit of each other function, 10 to 60 s.
   * @default 60 s
   */
  readonly stepTimeout?: Duration;
  /**
   * Chunks that one call of the sending function keeps in flight, 1 to 64.
   * @default 4
   */
  readonly chunksInFlight?: number;
  /**
   * Ranges that one transfer sends at once, 1 to 40: the most that an inline Map runs.
   * @default 8
   */
  readonly mapConcurrency?: number;
  /**
   * Transfers between opening a session and their bytes being complete, 1 to 100. The others wait in a
   * queue, in order of arrival, and cost nothing meanwhile. A change takes effect at once.
   * @default 10
   */
  readonly maxActiveTransfers?: number;
  /**
   * The hours in which transfers start: `{ from: '22:00', to: '06:00', timeZone: 'Europe/Berlin' }`.
   * Outside of them every transfer waits in the queue. Those under way complete, or stop at the next
   * chunk with `underWay: 'stop'`.
   * @default always
   */
  readonly transferWindow?: TransferWindow;
  /**
   * Calls of the sending function that run at once, over all transfers, up to 4,000. Each transfer's
   * share is planned so that they stay within it; at least `maxActiveTransfers`.
   * @default 80
   */
  readonly maxSendConcurrency?: number;
  /**
   * Reserves so many of the account's concurrent executions for the sending function, which then
   * takes no more either; `maxSendConcurrency` to 4,000. Lambda leaves 100 unreserved.
   * @default none reserved
   */
  readonly sendReservedConcurrency?: number;
  /**
   * The largest video or audio object to accept, in bytes.
   * @default the service's own limit
   */
  readonly maxMediaBytes?: number;
  /**
   * The largest image to accept, in bytes.
   * @default the service's own limit
   */
  readonly maxImageBytes?: number;
  /**
   * How long a chunk may be silent in one direction, 1 to 300 s: S3 gives no byte, or the upload host
   * takes none. Then it is sent again. How long a chunk takes as a whole does not matter.
   * @default 60 s
   */
  readonly noProgress?: Duration;
  /**
   * How long the upload host may take to reply after a chunk's last byte, 30 to 900 s. Some hosts
   * check or copy the whole chunk before they reply.
   * @default 5 minutes
   */
  readonly uploadReply?: Duration;
  /**
   * Whether chunks may go to private addresses: where the functions reach S3 by an interface endpoint,
   * say. Any other than a public address is refused where this is false.
   * @default false
   */
  readonly privateUploadHosts?: boolean;
  /**
   * What becomes of the table when it leaves the stack.
   * @default RemovalPolicy.RETAIN
   */
  readonly tableRemovalPolicy?: RemovalPolicy;
  /**
   * Whether DynamoDB refuses to delete the table, whoever asks.
   * @default true
   */
  readonly tableDeletionProtection?: boolean;
  /**
   * Gets every alarm and every notice about failed transfers, once its owner has confirmed the
   * subscription.
   * @default nobody is subscribed to the topic
   */
  readonly alarmEmail?: string;
  /**
   * Takes all alarms and failure notices, in place of a topic of our own; CloudWatch must be allowed to publish to it.
   * @default a new topic
   */
  readonly alarmTopic?: ITopic;
  /**
   * When those alarms go off that have no natural bound.
   * @default those of each threshold
   */
  readonly alarmThresholds?: AlarmThresholds;
  /**
   * How long logs are kept; they go when the stack goes.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
}

type Defaulted =
  | 'sources'
  | 'sourceAccounts'
  | 'sendMemoryMiB'
  | 'sendTimeout'
  | 'stepMemoryMiB'
  | 'stepTimeout'
  | 'maxActiveTransfers'
  | 'maxSendConcurrency'
  | 'tableRemovalPolicy'
  | 'tableDeletionProtection'
  | 'logRetention';

/** Props with every default filled in that is decided here, and every bound checked. */
export type CheckedProps = ChunkferryProps & Required<Pick<ChunkferryProps, Defaulted>>;

/**
 * Fills in the defaults and refuses what can't work, before anything is synthesized; the sources and
 * their accounts are checked as they are added.
 * @throws ConfigurationError - names the prop, its value and what would be right
 */
export function checkProps(props: ChunkferryProps): CheckedProps {
  const checked = withDefaults(props);
  checkWhole('sendMemoryMiB', checked.sendMemoryMiB, 128, 10_240);
  checkWhole('stepMemoryMiB', checked.stepMemoryMiB, 128, 10_240);
  checkSeconds('sendTimeout', checked.sendTimeout, 60, 900);
  checkSeconds('stepTimeout', checked.stepTimeout, 10, 60);
  checkWhole('chunksInFlight', props.chunksInFlight, 1, maxChunksInFlight);
  checkWhole('mapConcurrency', props.mapConcurrency, 1, maxMapConcurrency);
  checkWhole('maxMediaBytes', props.maxMediaBytes, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('maxImageBytes', props.maxImageBytes, 1, Number.MAX_SAFE_INTEGER);
  if (props.noProgress) checkSeconds('noProgress', props.noProgress, 1, 300);
  if (props.uploadReply) {
    checkSeconds(
      'uploadReply',
      props.uploadReply,
      minUploadReplyMs / 1000,
      maxUploadReplyMs / 1000,
    );
  }
  checkSameContent(props.sameContent);
  checkQueue(checked);
  checkTable(checked);
  checkBaseUrl(props.baseUrl);
  checkNetwork(props);
  return checked;
}

function withDefaults(props: ChunkferryProps): CheckedProps {
  return {
    ...props,
    sources: props.sources ?? [],
    sourceAccounts: props.sourceAccounts ?? [],
    sendMemoryMiB: props.sendMemoryMiB ?? 1024,
    sendTimeout: props.sendTimeout ?? Duration.seconds(600),
    stepMemoryMiB: props.stepMemoryMiB ?? 512,
    stepTimeout: props.stepTimeout ?? Duration.seconds(60),
    maxActiveTransfers: props.maxActiveTransfers ?? defaultActiveTransfers,
    maxSendConcurrency: props.maxSendConcurrency ?? defaultSendConcurrency,
    tableRemovalPolicy: props.tableRemovalPolicy ?? RemovalPolicy.RETAIN,
    tableDeletionProtection: props.tableDeletionProtection ?? true,
    logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
  };
}

function checkTable({ tableRemovalPolicy, tableDeletionProtection }: CheckedProps): void {
  if (tableRemovalPolicy !== RemovalPolicy.DESTROY || !tableDeletionProtection) return;
  refuse(
    'Chunkferry',
    'tableRemovalPolicy is destroy but tableDeletionProtection is true; DynamoDB would refuse: switch it off as well',
  );
}

/** What a message shows of it has neither a user nor a password, which may stand in it. */
function checkBaseUrl(value: string | undefined): void {
  if (value === undefined) return;
  const right = 'an https URL with the version path, and nothing else in it, is right';
  if (!URL.canParse(value)) refuse('Chunkferry', `baseUrl is ${shown(value)}; ${right}`);
  const url = new URL(value);
  const { username, password, search, hash } = url;
  const plain = shown(`${url.protocol}//${url.host}${url.pathname}`);
  if (username || password) {
    refuse('Chunkferry', `baseUrl is ${plain} with a user or a password; ${right}`);
  }
  if (search || hash) refuse('Chunkferry', `baseUrl is ${plain} with a query or a part; ${right}`);
  if (!isPrivateEnough(url)) refuse('Chunkferry', `baseUrl is ${shown(value)}; ${right}`);
}

/** The API key travels in every request: in the clear only to this very machine, as an emulator is. */
function isPrivateEnough({ protocol, hostname }: URL): boolean {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}
