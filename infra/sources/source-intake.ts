import { Stack, Token } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import {
  allowAssuming,
  allowReading,
  type ReadingSteps,
} from '#infra/permissions/allow-reading.ts';
import { isAccessPoint } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';
import { throwInvalid } from '../configuration/invalid.ts';
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts';
import { IntakeBus } from '../constructs/intake-bus.ts';
import { ObjectCreatedRule } from '../constructs/object-created-rule.ts';
import { identityOfBucket } from './bucket-identity.ts';
import { KeyGrants } from './key-grants.ts';
import type { SourceList } from './source-list.ts';
import type { SameContent, SourceProps } from './source-props.ts';
import { switchOnEvents } from './switch-on-events.ts';
import { toSource } from './to-source.ts';

/** The reading functions, the state machine to start, and the accounts that may send events. */
export interface SourceIntakeProps {
  readonly sources: SourceList;
  /** Applies to sources without a value of their own. */
  readonly sameContent?: SameContent | undefined;
  readonly functions: StepFunctions;
  readonly readingSteps: ReadingSteps;
  readonly stateMachine: StateMachine;
  /** Allows the whole organization to send events. */
  readonly organizationId: string | undefined;
}

/**
 * Connects the sources to the state machine: rules, the bus of other accounts and Regions, read
 * permissions, and one queue for the events that could not start an execution for 24 h.
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
    const { functions, readingSteps, sources } = props;
    this.#props = props;
    this.keys = new KeyGrants(functions, readingSteps);
    this.deadLetterQueue = new DeadLetterQueue(this, 'DeadLetters');
    const readers = Object.values(sources.readers);
    if (readers.length > 0) this.#ensureBus();
    allowAssuming(
      functions,
      readingSteps,
      readers.map(({ roleArn }) => roleArn),
    );
  }

  /** The bus of other accounts and Regions; undefined if no source needs it. */
  get bus(): IntakeBus | undefined {
    return this.#bus;
  }

  /**
   * Adds a source.
   * @param props - as the schema has checked them
   * @param path - the source as the user wrote it, such as `sources[1]`
   * @throws ConfigurationError - the source does not fit the others or the stack
   */
  add(props: SourceProps, path: string): void {
    const { sources, functions, readingSteps } = this.#props;
    const sameContent = props.sameContent ?? this.#props.sameContent;
    const source = toSource({ ...props, sameContent }, Stack.of(this));
    sources.add(source, path);
    const reader = source.account === undefined ? undefined : sources.readers[source.account];
    if (source.account !== undefined && reader) {
      this.keys.addReader(props, source.account, reader.roleArn);
    } else {
      allowReading(functions, readingSteps, source);
      this.keys.allowReadingSteps(props);
      if (!isAccessPoint(source.bucket)) this.#addRule(source, props);
    }
    if (props.switchOnEvents) this.#switchOn(source, props, path);
  }

  /** Adds a bucket of this account. While the stack's Region is unknown, a source with a Region may be local or not. */
  #addRule({ bucket, region }: Source, props: SourceProps): void {
    if (region !== undefined) this.#ensureBus().acceptOwnAccount();
    const identity = identityOfBucket(this, bucket);
    if (this.#isInAnotherRegion(region) || this.#ruled.has(identity)) return;
    this.#ruled.add(identity);
    const { sources, stateMachine } = this.#props;
    new ObjectCreatedRule(this, `Rule-${this.#idOf(props)}`, {
      bucket,
      sources: () => sources.ofBucket(bucket),
      stateMachine,
      deadLetterQueue: this.deadLetterQueue,
    });
  }

  #ensureBus(): IntakeBus {
    const { stateMachine, sources, organizationId } = this.#props;
    this.#bus ??= new IntakeBus(this, 'Intake', {
      accounts: Object.keys(sources.readers),
      organizationId,
      stateMachine,
      deadLetterQueue: this.deadLetterQueue,
    });
    return this.#bus;
  }

  #isInAnotherRegion(region: string | undefined): boolean {
    return region !== undefined && !Token.isUnresolved(Stack.of(this).region);
  }

  #switchOn({ bucket: name, account, region }: Source, props: SourceProps, path: string): void {
    const { bucket } = props;
    const switchPath = `${path}.switchOnEvents`;
    if (isAccessPoint(name)) {
      const must =
        'must be used with a bucket. An access point has no events: start its objects by hand';
      throwInvalid(switchPath, true, must);
    }
    if (account !== undefined || this.#isInAnotherRegion(region)) {
      const must =
        "must be used with a bucket of the stack's account and Region. Switch this bucket's events on in its own account and Region";
      throwInvalid(switchPath, true, must);
    }
    switchOnEvents(
      typeof bucket === 'string'
        ? Bucket.fromBucketName(this, `Source-${this.#idOf(props)}`, bucket)
        : bucket,
    );
  }

  /** Returns a bucket's id in the construct tree. */
  #idOf({ bucket }: SourceProps): string {
    if (typeof bucket === 'string') return identityOfBucket(this, bucket);
    return Token.isUnresolved(bucket.bucketName) ? bucket.node.addr : bucket.bucketName;
  }
}
