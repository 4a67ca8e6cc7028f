import { Stack, Token } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { permitAssuming, permitReading } from '#infra/permissions/allow-reading.ts';
import { isAccessPoint } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { IntakeBus } from '../constructs/intake-bus.ts';
import { ObjectCreatedRule } from '../constructs/object-created-rule.ts';
import { refuse } from '../refuse.ts';
import { identityOfBucket, labelOfBucket } from './bucket-identity.ts';
import { checkSource } from './check-source.ts';
import { KeyGrants } from './key-grants.ts';
import type { SourceList } from './source-list.ts';
import type { SameContent, SourceProps } from './source-props.ts';
import { switchOnEvents } from './switch-on-events.ts';

/** What reads, what is started, and whom to take events from. */
export interface SourceIntakeProps {
  readonly sources: SourceList;
  /** Of the sources that do not say. */
  readonly sameContent?: SameContent | undefined;
  readonly functions: StepFunctions;
  readonly stateMachine: StateMachine;
  /** Where given, the whole organization may send events. */
  readonly organizationId: string | undefined;
}

/**
 * Everything between the sources and the state machine: rules, the bus of other accounts and Regions,
 * the right to read, and one queue for the events that could not start an execution for 24 h.
 */
export class SourceIntake extends Construct {
  readonly deadLetterQueue: DeadLetterQueue;
  readonly keys: KeyGrants;
  readonly #props: SourceIntakeProps;
  #bus: IntakeBus | undefined;
  /** Identities of the buckets that have a rule. */
  readonly #ruled = new Set<string>();

  constructor(scope: Construct, id: string, props: SourceIntakeProps) {
    super(scope, id);
    const { functions, sources } = props;
    this.#props = props;
    this.keys = new KeyGrants(functions);
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
    const readers = Object.values(sources.readers);
    if (readers.length > 0) this.#takeFromElsewhere();
    permitAssuming(
      functions,
      readers.map(({ roleArn }) => roleArn),
    );
  }

  /** Where other accounts and Regions send to; absent where there is none. */
  get bus(): IntakeBus | undefined {
    return this.#bus;
  }

  /** @throws ConfigurationError - names the source and what is wrong with it */
  add(props: SourceProps): void {
    const { sources, functions } = this.#props;
    const sameContent = props.sameContent ?? this.#props.sameContent;
    const source = checkSource({ ...props, ...(sameContent && { sameContent }) }, Stack.of(this));
    sources.add(source);
    const reader = source.account === undefined ? undefined : sources.readers[source.account];
    if (source.account !== undefined && reader) {
      this.keys.noteReader(props, source.account, reader.roleArn);
    } else {
      permitReading(functions, source);
      this.keys.permitOwn(props);
      if (!isAccessPoint(source.bucket)) this.#takeOurs(source, props);
    }
    if (props.switchOnEvents) this.#switchOn(source, props);
  }

  /** While the stack's Region is unknown, a source that names one may be here or elsewhere. */
  #takeOurs({ bucket, region }: Source, props: SourceProps): void {
    if (region !== undefined) this.#takeFromElsewhere().acceptOwnAccount();
    const identity = identityOfBucket(this, bucket);
    if (this.#isCertainlyElsewhere(region) || this.#ruled.has(identity)) return;
    this.#ruled.add(identity);
    const { sources, stateMachine } = this.#props;
    new ObjectCreatedRule(this, `Rule-${this.#idOf(props)}`, {
      bucket,
      sources: () => sources.ofBucket(bucket),
      stateMachine,
      deadLetterQueue: this.deadLetterQueue,
    });
  }

  #takeFromElsewhere(): IntakeBus {
    const { stateMachine, sources, organizationId } = this.#props;
    this.#bus ??= new IntakeBus(this, 'Intake', {
      accounts: Object.keys(sources.readers),
      organizationId,
      stateMachine,
      deadLetterQueue: this.deadLetterQueue,
    });
    return this.#bus;
  }

  #isCertainlyElsewhere(region: string | undefined): boolean {
    return region !== undefined && !Token.isUnresolved(Stack.of(this).region);
  }

  #switchOn({ bucket: name, account, region }: Source, props: SourceProps): void {
    const { bucket } = props;
    if (isAccessPoint(name)) {
      refuse(
        'Chunkferry',
        `source ${name}: switchOnEvents is for buckets; an access point has no events, so its objects are named by hand`,
      );
    }
    if (account !== undefined || this.#isCertainlyElsewhere(region)) {
      refuse(
        'Chunkferry',
        `source ${labelOfBucket(name)}: switchOnEvents is for buckets of the stack's account and Region; switch this one's events on where it is`,
      );
    }
    switchOnEvents(
      typeof bucket === 'string'
        ? Bucket.fromBucketName(this, `Source-${this.#idOf(props)}`, bucket)
        : bucket,
    );
  }

  /** What a bucket is called in the construct tree. */
  #idOf({ bucket }: SourceProps): string {
    if (typeof bucket === 'string') return identityOfBucket(this, bucket);
    return Token.isUnresolved(bucket.bucketName) ? bucket.node.addr : bucket.bucketName;
  }
}
