import { Aws, Stack, Token } from 'aws-cdk-lib';
import { CfnEventBusPolicy, EventBus, Rule } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { startTransfer } from './start-transfer.ts';

/** The accounts that may send events, and the state machine to start. */
export interface IntakeBusProps {
  /** Source accounts, 12 digits each. */
  readonly accounts: readonly string[];
  /**
   * Allows the whole organization to send. An event of an account outside `accounts` also starts an
   * execution, which rejects and counts it.
   */
  readonly organizationId: string | undefined;
  readonly stateMachine: IStateMachine;
  readonly deadLetterQueue: DeadLetterQueue;
}

/**
 * `ForAllValues` also passes if the key is absent. EventBridge checks the policy when a forwarding
 * rule names this bus as its target, before there is an event; that check must pass. AWS's example
 * for a bus of several accounts has the same form.
 */
const objectsCreatedOnly = {
  'ForAllValues:StringEquals': {
    'events:source': 'aws.s3',
    'events:detail-type': 'Object Created',
  },
};

/**
 * The bus to which other accounts and Regions send their S3 events. Its rule filters by account, not
 * by bucket: InspectSource must see, reject and count an event for a bucket of another account. No
 * account can forge an event, because only AWS puts events with the source `aws.s3`.
 */
export class IntakeBus extends Construct {
  readonly bus: EventBus;
  readonly #rule: Rule;
  /** True if a whole organization may send. */
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
    if (props.organizationId) this.#allowOrganization(props.organizationId);
    else for (const account of props.accounts) this.#accept(account);
  }

  /** Accepts events of the stack's own account, forwarded from its other Regions. */
  acceptOwnAccount(): void {
    this.#accept(Stack.of(this).account);
  }

  #accept(account: string): void {
    if (this.#mayPut.has(account)) return;
    this.#mayPut.add(account);
    // A rule that names accounts would silently drop the event of another account.
    if (!this.#isOpen) this.#rule.addEventPattern({ account: [account] });
    const name = Token.isUnresolved(account) ? 'OwnAccount' : `Account${account}`;
    const root = `arn:${Aws.PARTITION}:iam::${account}:root`;
    this.#allowPut(name, { AWS: root }, objectsCreatedOnly);
  }

  #allowOrganization(organizationId: string): void {
    this.#allowPut('Organization', '*', {
      ...objectsCreatedOnly,
      StringEquals: { 'aws:PrincipalOrgID': organizationId },
    });
  }

  #allowPut(statementId: string, principal: unknown, condition: unknown): void {
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
