import { Aws, Stack, Token } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { startTransfer } from './start-transfer.ts';

/** Who may send, and what is started. */
export interface IntakeBusProps {
  /** Source accounts, 12 digits each. */
  readonly accounts: readonly string[];
  /**
   * Where given, the whole organization may send. What comes from an account that is not above starts
   * an execution too, which refuses it by name and counts it.
   */
  readonly organizationId: string | undefined;
  readonly stateMachine: IStateMachine;
  readonly deadLetterQueue: DeadLetterQueue;
}

/**
 * A single-valued key under `ForAllValues` also passes where it is absent. So these hold for each
 * event that is put, as AWS's own example for a bus of several accounts writes them, and can't fail
 * the check that EventBridge makes when a forwarding rule is given this bus as its target, before
 * there is an event.
 */
const objectsCreatedOnly = {
  'ForAllValues:StringEquals': {
    'events:source': 'aws.s3',
    'events:detail-type': 'Object Created',
  },
};

/**
 * The bus to which other accounts and Regions send their S3 events. Its rule looks at the account at
 * most, not at the bucket: an event that claims a bucket which is not its account's must reach the
 * first state, which refuses and counts it. No account can forge one, for only AWS puts events of
 * `aws.s3`.
 */
export class IntakeBus extends Construct {
  readonly bus: EventBus;
  readonly #rule: Rule;
  /** Whether a whole organization may send. */
  readonly #isOpen: boolean;
  readonly #mayPut = new Set<string>();

  constructor(scope: Construct, id: string, props: IntakeBusProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', {
      description: 'S3 events of the source accounts and of other Regions',
    });
    this.#rule = new Rule(this, 'Rule', {
      description:
        'Starts a transfer for each object created in a source account or another Region',
      eventBus: this.bus,
      eventPattern: { source: ['aws.s3'], detailType: ['Object Created'] },
      targets: [startTransfer(props)],
    });
    this.#isOpen = props.organizationId !== undefined;
    if (props.organizationId) this.#letOrganizationPut(props.organizationId);
    else for (const account of props.accounts) this.#accept(account);
  }

  /** Takes events of this very account too, forwarded from its other Regions. */
  acceptOwnAccount(): void {
    this.#accept(Stack.of(this).account);
  }

  #accept(account: string): void {
    if (this.#mayPut.has(account)) return;
    this.#mayPut.add(account);
    // A rule that named accounts would drop another one's event without a word.
    if (!this.#isOpen) this.#rule.addEventPattern({ account: [account] });
    const name = Token.isUnresolved(account) ? 'OwnAccount' : `Account${account}`;
    const root = `arn:${Aws.PARTITION}:iam::${account}:root`;
    this.#letPut(name, { AWS: root }, objectsCreatedOnly);
  }

  #letOrganizationPut(organizationId: string): void {
    this.#letPut('Organization', '*', {
      ...objectsCreatedOnly,
      StringEquals: { 'aws:PrincipalOrgID': organizationId },
    });
  }

  #letPut(statementId: string, principal: unknown, condition: unknown): void {
    new CfnEventBusPolicy(this, statementId, {
      eventBusName: this.bus.eventBusName,
      statementId,
      statement: {
        Sid: statementId,
        Effect: 'Allow',
        Principal: principal,
        Action: 'events:PutEvents',
        Resource: this.bus.eventBusArn,
        Condition: condition,
      },
    });
  }
}
