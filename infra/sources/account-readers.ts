import { z } from 'zod';
import type { Reader } from '#src/core/source/sources.ts';
import { invalidAt, text } from '../configuration/fields.ts';
import { defaultReaderRoleName, readerRoleArn } from './reader-role.ts';

export const accountId = () => text(/^\d{12}$/, 'must be 12 digits');

/** IAM's rule for the name of a role (CreateRole, RoleName). */
export const readerRoleName = () =>
  text(/^[\w+=,.@-]{1,64}$/, 'must be 1 to 64 letters, digits or any of +=,.@_- without a path')
    .optional()
    .meta({ default: `\`${defaultReaderRoleName}\`` });

/** IAM's rule for an external id (AssumeRole, ExternalId). */
export const externalId = () =>
  text(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1,224 letters, digits or any of +=,.@:/_-');

/** Another account whose buckets may be sources. */
export const accountReaderFields = {
  account: accountId().meta({ description: 'The source account.' }),
  externalId: externalId().meta({
    description: "What the reader role's trust policy requires as its external id.",
  }),
  readerRoleName: readerRoleName().meta({
    description:
      "Name of the role that the functions read as. The source account's stack creates it.",
    default: `\`${defaultReaderRoleName}\``,
  }),
};

export type AccountReader = Readonly<z.input<z.ZodObject<typeof accountReaderFields>>>;

/** A list of source accounts, each once. */
export function accountList<S extends z.ZodType<AccountReader>>(reader: S) {
  return z.array(reader, 'must be a list').check(({ value, issues }) => {
    const accounts = value.map(({ account }) => account);
    const index = accounts.findIndex((account, i) => accounts.indexOf(account) !== i);
    if (index < 0) return;
    issues.push(invalidAt([index, 'account'], accounts[index], 'must be listed once'));
  });
}

interface Organization {
  readonly organizationId?: string | undefined;
  readonly sourceAccounts?: readonly AccountReader[] | undefined;
}

/** An organization without listed accounts could send events, and no object could be read. */
export function checkOrganization({ value, issues }: z.core.ParsePayload<Organization>): void {
  const { organizationId, sourceAccounts = [] } = value;
  if (organizationId === undefined || sourceAccounts.length > 0) return;
  const must =
    'must be set together with sourceAccounts. List each source account: a role of that account reads its objects';
  issues.push(invalidAt(['organizationId'], organizationId, must));
}

/** Returns the reader of each account; the functions assume no other roles. */
export function readersOf(accounts: readonly AccountReader[]): Readonly<Record<string, Reader>> {
  const readers = accounts.map(({ account, readerRoleName: name, externalId: id }) => {
    return [account, { roleArn: readerRoleArn(account, name), externalId: id }] as const;
  });
  return Object.fromEntries(readers);
}
