import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Lease } from '#src/core/ports/lease.ts';
import { leaseKey } from './row-keys.ts';
import { openTable } from './table-access.ts';

/** Stores a lease in a row of the transfers' table. Every change is one conditional update. */
export function createLeaseRow(client: DynamoDBClient, tableName: string, name: string): Lease {
  const table = openTable(client, tableName);
  const key = leaseKey(name);
  return {
    acquire: async (holder, now, until) => {
      const condition = {
        expression: 'attribute_not_exists(#holder) OR #holder = :holder OR #until <= :now',
        values: { ':holder': holder, ':now': now },
      };
      return (await table.change(key, { set: { holder, until }, condition })) !== false;
    },
    release: async (holder) => {
      const condition = { expression: '#holder = :holder', values: { ':holder': holder } };
      await table.change(key, { set: { holder: undefined, until: undefined }, condition });
    },
  };
}
