import type { Reader } from '#src/core/source/sources.ts';
import { refuse, shown } from '../refuse.ts';
import { defaultReaderRoleName, readerRoleArn } from './reader-role.ts';

/** Another account whose buckets may be sources. */
export interface AccountReader {
  /** 12 digits. */
  readonly account: string;
  /**
   * Name of the role there that Chunkferry reads as; `SourceAccountStack` makes it.
   * @default ChunkferryReader
   */
  readonly readerRoleName?: string;
  /** What that role's trust asks for: 2 to 1,224 of letters, digits and `+=,.@:/_-` (IAM's rule). */
  readonly externalId: string;
}

/**
 * Whom to read each account as. Only these roles are ever assumed.
 * @throws ConfigurationError - an account, a role's name or an external id that can't be one; the
 * same account twice; an organization without any account, for nothing could be read then
 */
export function readersOf(
  accounts: readonly AccountReader[],
  organizationId: string | undefined,
): Readonly<Record<string, Reader>> {
  checkOrganization(accounts, organizationId);
  const readers: Record<string, Reader> = {};
  for (const { account, readerRoleName, externalId } of accounts) {
    checkAccount('Chunkferry', 'sourceAccounts: account', account);
    checkRoleName('Chunkferry', readerRoleName);
    checkExternalId('Chunkferry', externalId);
    if (account in readers) refuse('Chunkferry', `sourceAccounts names ${account} twice`);
    readers[account] = { roleArn: readerRoleArn(account, readerRoleName), externalId };
  }
  return readers;
}

function checkOrganization(
  accounts: readonly AccountReader[],
  organizationId: string | undefined,
): void {
  if (organizationId === undefined) return;
  if (!/^o-[a-z0-9]{10,32}$/.test(organizationId)) {
    refuse(
      'Chunkferry',
      `organizationId is ${shown(organizationId)}; o- and 10 to 32 small letters or digits are right`,
    );
  }
  if (accounts.length > 0) return;
  refuse(
    'Chunkferry',
    `organizationId is ${organizationId} but sourceAccounts is empty; objects are read by a role of their account, so each source account must be listed`,
  );
}

/** @throws ConfigurationError - not 12 digits */
export function checkAccount(where: string, name: string, account: string): void {
  if (/^\d{12}$/.test(account)) return;
  refuse(where, `${name} is ${shown(account)}; 12 digits are right`);
}

/** @throws ConfigurationError - no name that IAM takes; absent is right */
export function checkRoleName(where: string, name: string = defaultReaderRoleName): void {
  if (/^[\w+=,.@-]{1,64}$/.test(name)) return;
  refuse(
    where,
    `readerRoleName is ${shown(name)}; 1 to 64 letters, digits or any of +=,.@_- are right, without a path`,
  );
}

/** @throws ConfigurationError - no external id that IAM takes */
export function checkExternalId(where: string, externalId: string | undefined): void {
  if (externalId !== undefined && /^[\w+=,.@:/-]{2,1224}$/.test(externalId)) return;
  const is = externalId === undefined ? 'is missing' : `is ${shown(externalId)}`;
  refuse(where, `externalId ${is}; 2 to 1,224 letters, digits or any of +=,.@:/_- are right`);
}
