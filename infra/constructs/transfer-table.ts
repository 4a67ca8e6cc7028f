import type { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';

export interface TransferTableProps {
  /** What happens to the table when it leaves the stack. */
  readonly removalPolicy: RemovalPolicy;
  /**
   * Whether DynamoDB rejects every request to delete it.
   * @default true
   */
  readonly deletionProtection?: boolean;
}

/**
 * The rows of all transfers. The transfer rows prevent a second asset for one object: by default the
 * table is retained after the stack, and it can be restored to any second of the last 35 days.
 */
export class TransferTable extends Table {
  constructor(scope: Construct, id: string, props: TransferTableProps) {
    super(scope, id, {
      partitionKey: { name: tableKeys.partitionKey, type: AttributeType.STRING },
      sortKey: { name: tableKeys.sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: tableKeys.ttlAttribute,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: props.removalPolicy,
      deletionProtection: props.deletionProtection ?? true,
    });
    for (const index of [tableKeys.stateIndex, tableKeys.outboxIndex]) {
      this.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey, type: AttributeType.STRING },
        sortKey: { name: index.sortKey, type: AttributeType.NUMBER },
        projectionType: ProjectionType.ALL,
      });
    }
  }
}
