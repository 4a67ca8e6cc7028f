import { tableKeys } from '#src/core/shared-with-infra/table-keys.ts';

const { stateIndex } = tableKeys;

/**
 * Returns the AWS CLI command that lists every failure of a UTC day, the latest first.
 * @param at - a time of that day, as ISO 8601. Without it, the command has a placeholder for the day
 */
export function failureQuery(tableName: string, region: string | undefined, at?: string): string {
  const day = /^\d{4}-\d\d-\d\d/.exec(at ?? '')?.[0] ?? '<UTC day, such as 2026-11-28>';
  const regionOption = region === undefined ? '' : ` --region ${region}`;
  return [
    `aws dynamodb query${regionOption} --table-name ${tableName} --index-name ${stateIndex.name}`,
    '--no-scan-index-forward',
    `--key-condition-expression '${stateIndex.partitionKey} = :d'`,
    `--expression-attribute-values '{":d":{"S":"failed#${day}"}}'`,
    "--query 'Items[].outcome.M.[bucket.S, key.S, error.S, cause.S, execution.S]' --output text",
  ].join(' ');
}
