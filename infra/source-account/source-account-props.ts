import { checkArn } from '../arns.ts';
import { checkAlarmEmail } from '../monitoring/alarm-topic.ts';
import { refuse } from '../refuse.ts';
import { checkAccount, checkExternalId, checkRoleName } from '../sources/account-readers.ts';
import { checkBucketName, checkFilters } from '../sources/check-source.ts';

/** What a source account sends, to whom, and who may read it. */
export interface SourceAccountProps {
  /** The bus that takes the events, possibly of another account and Region: `BusArn` of its stack. */
  readonly busArn: string;
  /** Names of the existing buckets of this account and Region; their EventBridge switch must be on. */
  readonly buckets: readonly string[];
  /**
   * Only objects whose keys begin with one of these are announced and may be read.
   * @default any key
   */
  readonly prefixes?: readonly string[];
  /**
   * Whether the reader role is made here. A role is for all Regions: make it in one of them only,
   * with all the buckets that are to be read; the account of the bus needs none for itself.
   * @default true
   */
  readonly readerRole?: boolean;
  /**
   * The reader role's name, as the transfers' stack knows it.
   * @default ChunkferryReader
   */
  readonly readerRoleName?: string;
  /** What must be known to become the reader; needed where there is a reader role. */
  readonly externalId?: string;
  /**
   * The account whose functions read, 12 digits.
   * @default the account of the bus
   */
  readonly transferAccount?: string;
  /**
   * Narrows the trust to these roles: `ReaderPrincipalArns` of the transfers' stack.
   * @default any role of the transfer account that its own administrators let assume this one
   */
  readonly readerPrincipalArns?: readonly string[];
  /**
   * ARNs of the keys that encrypt the objects. Their policies must allow the statement that the stack
   * puts out as `KeyPolicyStatement`.
   * @default none
   */
  readonly kmsKeyArns?: readonly string[];
  /**
   * Is told when events can't be sent, once its owner has confirmed the subscription.
   * @default nobody is subscribed to the topic
   */
  readonly alarmEmail?: string;
}

const where = 'source account';

/** @throws ConfigurationError - names the prop, its value and what would be right */
export function checkSourceAccount(props: SourceAccountProps): void {
  const { busArn, buckets, kmsKeyArns = [], transferAccount } = props;
  checkArn(where, 'busArn', busArn, 'eventBus');
  if (buckets.length === 0) refuse(where, 'sourceBuckets is empty; at least one bucket is right');
  for (const bucket of buckets) checkBucketName(bucket);
  checkPrincipals(props);
  checkAlarmEmail(where, props.alarmEmail);
  checkFilters(where, props);
  for (const arn of kmsKeyArns) checkArn(where, 'kmsKeyArns', arn, 'kmsKey');
  if (transferAccount !== undefined) checkAccount(where, 'transferAccount', transferAccount);
  checkRoleName(where, props.readerRoleName);
  if (props.readerRole !== false) checkExternalId(where, props.externalId);
}

function checkPrincipals({ readerPrincipalArns }: SourceAccountProps): void {
  if (readerPrincipalArns?.length === 0) {
    refuse(
      where,
      'readerPrincipalArns is []; at least one role is right, or leave it out to trust all that the account lets',
    );
  }
  for (const arn of readerPrincipalArns ?? []) checkArn(where, 'readerPrincipalArns', arn, 'role');
}
