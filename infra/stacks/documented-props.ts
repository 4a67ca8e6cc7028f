// Generated from the schemas by `npm run docs:configuration`. Change the schema's description, then run it.
import type { z } from 'zod';
import type { DestinationProps } from '../destination/destination-props.ts';
import type { chunkferryProps } from './chunkferry-props.ts';

export type { DestinationProps } from '../destination/destination-props.ts';

type Schema = z.input<typeof chunkferryProps>;
type Source = NonNullable<Schema['sources']>[number];
type SourceAccount = NonNullable<Schema['sourceAccounts']>[number];
type TransferWindow = NonNullable<Schema['transferWindow']>;
type AlarmThreshold = NonNullable<Schema['alarmThresholds']>;

/** Props of a Chunkferry. All are optional. */
export interface ChunkferryProps {
  /**
   * Existing buckets: each new object that matches a source is transferred, and its objects may be
   * started by hand. `addSource` adds more. A start for any other bucket fails with
   * `SourceNotConfiguredError`.
   * @default none
   */
  readonly sources?: readonly SourceProps[] | undefined;
  /**
   * What happens to a new version that holds the bytes of an earlier version. `reuse` uses the
   * existing asset again if digests prove the same bytes. A source may set its own.
   * @default `transfer`: each version becomes an asset of its own
   */
  readonly sameContent?: Schema['sameContent'];
  /**
   * Other accounts whose buckets may be sources. With any, the stack has an event bus that takes
   * their events.
   * @default none
   */
  readonly sourceAccounts?: readonly SourceAccountProps[] | undefined;
  /**
   * Allows every account of this organization to put S3 events on that bus, by one policy
   * statement. An event of an account outside `sourceAccounts` is rejected, counted, and raises
   * an alarm.
   * @default none: only the source accounts may put events
   */
  readonly organizationId?: Schema['organizationId'];
  /**
   * The secret that holds the destination's API key or token, in the form that Destinations names.
   * @default a new secret without a value: store the key in it before the first transfer
   */
  readonly apiKeySecret?: Schema['apiKeySecret'];
  /**
   * Takes the events of transfers that started and ended.
   * @default the account's default bus
   */
  readonly eventBus?: Schema['eventBus'];
  /**
   * The service that receives the objects: `{ kind, … }` with the settings of its kind, see
   * Destinations.
   * @default `{ kind: 'twelvelabs' }`
   */
  readonly destination?: DestinationProps | undefined;
  /**
   * Kinds of destinations that this stack had before. Their secrets stay, so that transfers under
   * way can complete: see Change the destination.
   * @default none
   */
  readonly earlierDestinations?: Schema['earlierDestinations'];
  /**
   * The destination's server, with its version path: https only, except on a loopback address.
   * Short for `baseUrl` of `destination`.
   * @default the destination's own
   */
  readonly baseUrl?: Schema['baseUrl'];
  /**
   * Memory of the sending function, in MiB. It also determines CPU and network.
   * @default 1024
   */
  readonly sendMemoryMiB?: Schema['sendMemoryMiB'];
  /**
   * Time limit of one call of the sending function. A send that approaches it stops cleanly and is
   * called again for the rest. At the default, the upload host has its whole reply time after the
   * last byte of a chunk.
   * @default 600 s
   */
  readonly sendTimeout?: Schema['sendTimeout'];
  /**
   * Memory of each other function, in MiB.
   * @default 512
   */
  readonly stepMemoryMiB?: Schema['stepMemoryMiB'];
  /**
   * Time limit of each other function.
   * @default 60 s
   */
  readonly stepTimeout?: Schema['stepTimeout'];
  /**
   * Chunks that one call of the sending function sends at the same time.
   * @default 4
   */
  readonly chunksInFlight?: Schema['chunksInFlight'];
  /**
   * Ranges that one transfer sends at the same time. An inline Map runs at most 40 iterations.
   * @default 8
   */
  readonly mapConcurrency?: Schema['mapConcurrency'];
  /**
   * Transfers that hold a slot, from opening the session until all bytes have arrived. Other
   * transfers wait in the queue, in order of arrival, at no cost. A change applies to transfers
   * that start after the deployment, queued transfers included.
   * @default 10
   */
  readonly maxActiveTransfers?: Schema['maxActiveTransfers'];
  /**
   * The hours in which transfers start. Outside the window every transfer waits in the queue.
   * `underWay` chooses what active transfers do when it closes.
   * @default always
   */
  readonly transferWindow?: TransferWindowProps | undefined;
  /**
   * Calls of the sending function that run at the same time, over all transfers; at least
   * `maxActiveTransfers`. Each transfer plans its share within it.
   * @default 80
   */
  readonly maxSendConcurrency?: Schema['maxSendConcurrency'];
  /**
   * Concurrent executions of the account that the sending function reserves and does not exceed;
   * at least `maxSendConcurrency`. Lambda leaves 100 of the account's unreserved.
   * @default none reserved
   */
  readonly sendReservedConcurrency?: Schema['sendReservedConcurrency'];
  /**
   * How long a chunk may make no progress in one direction: S3 sends no byte, or the upload host
   * accepts none. Then it is sent again. The total time of a chunk has no limit.
   * @default 60 s
   */
  readonly noProgress?: Schema['noProgress'];
  /**
   * How long the upload host may take to reply after a chunk's last byte. Some hosts check or copy
   * the whole chunk before they reply.
   * @default 300 s
   */
  readonly uploadReply?: Schema['uploadReply'];
  /**
   * Allows chunks to go to private addresses: for an S3 interface endpoint, or a TUN proxy or VPN
   * that resolves names to 198.18.x.x.
   * @default `false`: only public addresses
   */
  readonly privateUploadHosts?: Schema['privateUploadHosts'];
  /**
   * The VPC that every function runs in. See docs/vpc.md for what its subnets must reach.
   * @default none: the functions run outside any VPC and reach the internet directly
   */
  readonly vpc?: Schema['vpc'];
  /**
   * The subnets of that VPC. Public subnets are rejected: a function there cannot reach the
   * internet.
   * @default the private subnets of the VPC
   */
  readonly vpcSubnets?: Schema['vpcSubnets'];
  /**
   * The security groups of every function. They must allow TCP 443 outbound.
   * @default one new group, which allows all outbound and no inbound traffic
   */
  readonly securityGroups?: Schema['securityGroups'];
  /**
   * What happens to the table when it leaves the stack.
   * @default `RemovalPolicy.RETAIN`
   */
  readonly tableRemovalPolicy?: Schema['tableRemovalPolicy'];
  /**
   * Whether DynamoDB rejects every request to delete the table.
   * @default `true`
   */
  readonly tableDeletionProtection?: Schema['tableDeletionProtection'];
  /**
   * Receives every alarm and every notice about failed transfers, after its owner confirms the
   * subscription.
   * @default none: the topic has no subscription
   */
  readonly alarmEmail?: Schema['alarmEmail'];
  /**
   * Receives all alarms and failure notices instead of the stack's own topic. Its policy must
   * allow CloudWatch to publish.
   * @default a new topic
   */
  readonly alarmTopic?: Schema['alarmTopic'];
  /**
   * Thresholds of the alarms that have no natural bound.
   * @default the default of each threshold
   */
  readonly alarmThresholds?: AlarmThresholdProps | undefined;
  /**
   * How long logs are retained. They are deleted with the stack.
   * @default `RetentionDays.THREE_MONTHS`
   */
  readonly logRetention?: Schema['logRetention'];
}

/** A bucket, and which of its objects are transferred. */
export interface SourceProps {
  /**
   * An existing bucket, or its name, which may be a token. Its EventBridge switch must be on. An
   * access point, by its ARN or alias, has no events: start its objects by hand.
   */
  readonly bucket: Source['bucket'];
  /**
   * The account that owns the bucket: an entry of `sourceAccounts`, unless it is the stack's own.
   * @default the stack's own
   */
  readonly account?: Source['account'];
  /**
   * The bucket's Region. Events of another Region arrive through a forwarding rule there: deploy
   * the source account's stack in that Region, for a bucket of this account with
   * `readerRole=false`.
   * @default the stack's own
   */
  readonly region?: Source['region'];
  /**
   * Keys must begin with one of these, case-sensitive.
   * @default any key
   */
  readonly prefixes?: Source['prefixes'];
  /**
   * Keys must end with one of these, in any letter case. Each has its dot, and a media extension
   * or an entry in `mediaTypes`.
   * @default any key
   */
  readonly suffixes?: Source['suffixes'];
  /**
   * The media type of objects whose keys end with a suffix, in any letter case: `{ ".r3d": "video"
   * }`. Takes precedence over the known extensions.
   * @default by the extension, else by the object's content type
   */
  readonly mediaTypes?: Source['mediaTypes'];
  /**
   * Smaller objects are ignored, in bytes.
   * @default 0
   */
  readonly minSize?: Source['minSize'];
  /**
   * Larger objects are ignored, in bytes.
   * @default no bound
   */
  readonly maxSize?: Source['maxSize'];
  /**
   * `reuse`: a new version with the bytes of an earlier version uses its asset again, if digests
   * prove the same bytes. `transfer`: each version becomes an asset of its own.
   * @default the stack's `sameContent`
   */
  readonly sameContent?: Source['sameContent'];
  /**
   * ARN of the KMS key that encrypts the objects. Its policy must allow the statement in the
   * output `KeyPolicyStatement`.
   * @default none
   */
  readonly kmsKeyArn?: Source['kmsKeyArn'];
  /**
   * Accepts the charges in every read, as buckets with Requester Pays require. The stack's account
   * pays for the requests and the transfer.
   * @default `false`
   */
  readonly requestPayer?: Source['requestPayer'];
  /**
   * Switches the bucket's events to EventBridge on, by a function of the CDK that keeps the other
   * notification settings. For buckets of the stack's account and Region only.
   * @default `false`: the bucket's settings are never changed
   */
  readonly switchOnEvents?: Source['switchOnEvents'];
  /**
   * The key that encrypts the objects. Set this or `kmsKeyArn`.
   * @default the bucket's own, if the bucket construct knows it
   */
  readonly encryptionKey?: Source['encryptionKey'];
  /**
   * How long a denied read is retried before it fails the transfer: for buckets whose objects
   * cannot be read until a scan or an approval has ended.
   * @default a denial is final
   */
  readonly waitWhileDenied?: Source['waitWhileDenied'];
}

/** Another account whose buckets may be sources. */
export interface SourceAccountProps {
  /** The source account. */
  readonly account: SourceAccount['account'];
  /** What the reader role's trust policy requires as its external id. */
  readonly externalId: SourceAccount['externalId'];
  /**
   * Name of the role that the functions read as. The source account's stack creates it.
   * @default `ChunkferryReader`
   */
  readonly readerRoleName?: SourceAccount['readerRoleName'];
}

/** The hours in which transfers start. */
export interface TransferWindowProps {
  /** When the window opens, such as `22:00`. */
  readonly from: TransferWindow['from'];
  /** When it closes, such as `06:00`. A window may go past midnight. */
  readonly to: TransferWindow['to'];
  /** An IANA name such as `Europe/Berlin`. Summer time is observed. */
  readonly timeZone: TransferWindow['timeZone'];
  /**
   * What active transfers do when it closes: complete, or stop at the next chunk and wait in the
   * queue.
   * @default `finish`
   */
  readonly underWay?: TransferWindow['underWay'];
}

/** Thresholds of the alarms that have no natural bound. */
export interface AlarmThresholdProps {
  /**
   * Retries in 15 minutes that the service's status 429 caused.
   * @default 100
   */
  readonly throttledRetries?: AlarmThreshold['throttledRetries'];
  /**
   * Unfinished upload sessions that no transfer owns. A lost reply leaves one until it expires.
   * @default 5
   */
  readonly orphanSessions?: AlarmThreshold['orphanSessions'];
  /**
   * How long transfers may be active while no chunk arrives.
   * @default 900 s
   */
  readonly noProgress?: AlarmThreshold['noProgress'];
  /**
   * How long the first transfer of the queue may wait while slots are free. Time during a pause or
   * outside the transfer window does not count.
   * @default 900 s
   */
  readonly queueStalled?: AlarmThreshold['queueStalled'];
}
