import { z } from 'zod';
import { eventBusArn, kmsKeyArn, roleArn } from '../configuration/arn-fields.ts';
import { check } from '../configuration/check.ts';
import { list, trueOrFalse } from '../configuration/fields.ts';
import { alarmEmail } from '../monitoring/alarm-thresholds.ts';
import { accountId, externalId, readerRoleName } from '../sources/account-readers.ts';
import { bucketName } from '../sources/bucket-field.ts';
import { prefixes } from '../sources/filter-fields.ts';

export const sourceAccountFields = {
  busArn: eventBusArn().meta({
    description:
      "The bus that takes the events, in any account and Region: the output `BusArn` of the transfers' stack.",
  }),
  buckets: list(bucketName()).meta({
    description:
      'Names of existing buckets of this account and Region. Their EventBridge switch must be on.',
  }),
  prefixes: prefixes.meta({
    description:
      'Only objects whose keys begin with one of these send events and may be read, case-sensitive.',
    default: 'any key',
  }),
  readerRole: trueOrFalse().default(true).meta({
    description:
      "Whether this stack creates the reader role. A role applies to all Regions: create it in one Region only, with every bucket to read. The bus's own account needs none.",
  }),
  readerRoleName: readerRoleName().meta({
    description: "Name of the reader role, as in `sourceAccounts` of the transfers' stack.",
  }),
  externalId: externalId().optional().meta({
    description:
      'What assuming the reader role requires, as in `sourceAccounts`. Required if the stack creates the reader role.',
    default: 'none',
  }),
  transferAccount: accountId().optional().meta({
    description: 'The account whose functions read.',
    default: 'the account of the bus',
  }),
  readerPrincipalArns: list(
    roleArn(),
    'Omit it to trust every role that the transfer account allows',
  )
    .optional()
    .meta({
      description:
        "Limits the reader role's trust to these roles: the output `ReaderPrincipalArns` of the transfers' stack.",
      default: 'every role of the transfer account that its administrators allow',
    }),
  kmsKeyArns: z.array(kmsKeyArn(), 'must be a list').readonly().optional().meta({
    description:
      'ARNs of the keys that encrypt the objects. Their policies must allow the statement in the output `KeyPolicyStatement`.',
    default: 'none',
  }),
  alarmEmail: alarmEmail().optional().meta({
    description:
      'Receives the alarm about events that could not be sent, after its owner confirms the subscription.',
    default: 'none: the topic has no subscription',
  }),
};

export const sourceAccountProps = z.object(sourceAccountFields).check(checkExternalId);

interface ReaderRole {
  readonly readerRole: boolean;
  readonly externalId?: string | undefined;
}

export function checkExternalId({ value, issues }: z.core.ParsePayload<ReaderRole>): void {
  if (!value.readerRole || value.externalId !== undefined) return;
  const message =
    'must be set for the reader role, with the value in sourceAccounts. Or set readerRole to false';
  issues.push({ code: 'custom', path: ['externalId'], input: undefined, message });
}

/** Props of a SourceAccountStack without those of a CDK stack. */
export type SourceAccountProps = Readonly<z.input<typeof sourceAccountProps>>;

/** Props with every default filled in and every field checked. */
export type CheckedSourceAccountProps = Readonly<z.output<typeof sourceAccountProps>>;

/** @throws ConfigurationError - names the prop, its value and what must hold */
export function checkSourceAccount(props: SourceAccountProps): CheckedSourceAccountProps {
  return check(sourceAccountProps, props);
}
