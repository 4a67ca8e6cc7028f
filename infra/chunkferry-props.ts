import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { TransferError } from '#src/core/errors.ts';
import { maxChunksInFlight, maxMapConcurrency } from '#src/core/limits.ts';

/** What may be said about a Chunkferry. Nothing is required. */
export interface ChunkferryProps {
  /**
   * Existing buckets whose new objects are moved and whose objects may be named by hand. Their
   * EventBridge switch must be on; their notification settings are left alone.
   * @default none: no event starts an execution and no object may be read
   */
  readonly sourceBuckets?: readonly IBucket[];
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
   * @default 300 s
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
   * A chunk that has moved no byte for this long is given up and sent again, 1 to 300 s.
   * @default 20 s
   */
  readonly noProgress?: Duration;
  /**
   * What becomes of the table when it leaves the stack.
   * @default RemovalPolicy.RETAIN
   */
  readonly tableRemovalPolicy?: RemovalPolicy;
  /**
   * How long logs are kept; they go when the stack goes.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
}

type Defaulted =
  | 'sourceBuckets'
  | 'sendMemoryMiB'
  | 'sendTimeout'
  | 'stepMemoryMiB'
  | 'stepTimeout'
  | 'tableRemovalPolicy'
  | 'logRetention';

/** Props with every default filled in that is decided here, and every bound checked. */
export type CheckedProps = ChunkferryProps & Required<Pick<ChunkferryProps, Defaulted>>;

/**
 * Fills in the defaults and refuses what can't work, before anything is synthesized.
 * @throws ConfigurationError - names the prop, its value and what would be right
 */
export function checkProps(props: ChunkferryProps): CheckedProps {
  const checked = {
    ...props,
    sourceBuckets: props.sourceBuckets ?? [],
    sendMemoryMiB: props.sendMemoryMiB ?? 1024,
    sendTimeout: props.sendTimeout ?? Duration.seconds(300),
    stepMemoryMiB: props.stepMemoryMiB ?? 512,
    stepTimeout: props.stepTimeout ?? Duration.seconds(60),
    tableRemovalPolicy: props.tableRemovalPolicy ?? RemovalPolicy.RETAIN,
    logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
  };
  checkWhole('sendMemoryMiB', checked.sendMemoryMiB, 128, 10_240);
  checkWhole('stepMemoryMiB', checked.stepMemoryMiB, 128, 10_240);
  checkSeconds('sendTimeout', checked.sendTimeout, 60, 900);
  checkSeconds('stepTimeout', checked.stepTimeout, 10, 60);
  checkWhole('chunksInFlight', props.chunksInFlight, 1, maxChunksInFlight);
  checkWhole('mapConcurrency', props.mapConcurrency, 1, maxMapConcurrency);
  checkWhole('maxMediaBytes', props.maxMediaBytes, 1, Number.MAX_SAFE_INTEGER);
  checkWhole('maxImageBytes', props.maxImageBytes, 1, Number.MAX_SAFE_INTEGER);
  if (props.noProgress) checkSeconds('noProgress', props.noProgress, 1, 300);
  checkBaseUrl(props.baseUrl);
  return checked;
}

function checkWhole(prop: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  refuse(`${prop} is ${value}; a whole number from ${least} to ${most} is right`);
}

function checkSeconds(prop: string, value: Duration, least: number, most: number): void {
  const seconds = value.toMilliseconds() / 1000;
  if (Number.isInteger(seconds) && seconds >= least && seconds <= most) return;
  refuse(`${prop} is ${seconds} s; whole seconds from ${least} to ${most} are right`);
}

function checkBaseUrl(value: string | undefined): void {
  if (value === undefined) return;
  if (URL.canParse(value) && isPrivateEnough(new URL(value))) return;
  refuse(`baseUrl is ${JSON.stringify(value)}; an https URL with the version path is right`);
}

/** The API key travels in every request: in the clear only to this very machine, as an emulator is. */
function isPrivateEnough({ protocol, hostname }: URL): boolean {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback);
}

function refuse(message: string): never {
  throw new TransferError('ConfigurationError', `Chunkferry: ${message}`);
}
