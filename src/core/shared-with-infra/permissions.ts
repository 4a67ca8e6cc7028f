import { type FunctionName, functionNames, type StepName, stepNames } from './step-names.ts';

/**
 * What a function does outside its process. The stack grants its role the IAM actions for it, and a
 * preflight checks them. A function's ports do not show it: a port has more methods than a step uses.
 */
export type Permission =
  /** Calls the service with the API key. */
  | 'callService'
  /** Replaces the secret after the service has renewed its token. */
  | 'replaceSecret'
  /** Reads the sources' objects. */
  | 'readSources'
  /** Checks the event settings of the sources' buckets, for all functions. */
  | 'checkBuckets'
  /** Checks the account's quotas, for all functions. */
  | 'checkQuotas'
  | 'readRows'
  /** Writes whole rows: transfers, sessions, proofs, rejected starts. */
  | 'writeRows'
  | 'updateRows'
  /** Deletes rows: slots and tickets that are released. */
  | 'deleteRows'
  /** Lists rows by the table's indexes. */
  | 'listRows'
  | 'publishEvents'
  | 'describeExecutions'
  | 'startExecutions';

/** What a destination needs of the functions besides its calls. Its definition says so. */
export interface DestinationNeeds {
  /** The digest of the whole object that completes an upload: ConfirmUpload may have to read the object. */
  readonly wholeDigest?: 'none' | 'md5' | undefined;
  /** Whether its access tokens expire, and a refresh may return another refresh token. */
  readonly renewsSecret?: boolean | undefined;
}

/** The permissions that each function needs for its work, and for the call rates that all share. */
const permissions = {
  InspectSource: ['readSources', 'checkBuckets'],
  OpenSession: [
    'callService',
    'readRows',
    'writeRows',
    'updateRows',
    'deleteRows',
    'publishEvents',
    'describeExecutions',
  ],
  SendChunks: ['callService', 'readSources', 'readRows', 'writeRows', 'updateRows'],
  ConfirmUpload: ['callService', 'readRows', 'updateRows', 'deleteRows'],
  AwaitAsset: ['callService', 'readRows', 'updateRows'],
  RecordOutcome: [
    'readRows',
    'writeRows',
    'updateRows',
    'deleteRows',
    'publishEvents',
    // Its bundle has room for the client of Lambda.
    'checkQuotas',
  ],
  Reconcile: [
    'callService',
    'readRows',
    'writeRows',
    'updateRows',
    'deleteRows',
    'listRows',
    'publishEvents',
    'describeExecutions',
  ],
  Dispatch: [
    'readRows',
    'writeRows',
    'updateRows',
    'deleteRows',
    'publishEvents',
    'describeExecutions',
    'startExecutions',
  ],
} as const satisfies Readonly<Record<FunctionName, readonly Permission[]>>;

type Further = Readonly<Partial<Record<FunctionName, readonly Permission[]>>>;

/** Further permissions for each need of a destination. */
const further = {
  wholeDigest: { ConfirmUpload: ['readSources'] },
  renewsSecret: {
    OpenSession: ['replaceSecret'],
    SendChunks: ['replaceSecret'],
    ConfirmUpload: ['replaceSecret'],
    AwaitAsset: ['replaceSecret'],
    Reconcile: ['replaceSecret'],
  },
} as const satisfies Readonly<Record<keyof DestinationNeeds, Further>>;

/** The further permissions of a function, with some destination at least. */
type FurtherOf<Name extends FunctionName> = {
  [Need in keyof typeof further]: (typeof further)[Need] extends Readonly<
    Record<Name, readonly (infer P)[]>
  >
    ? P
    : never;
}[keyof typeof further];

/** The functions that have a permission, with some destination at least. */
export type FunctionWith<P extends Permission> = {
  [Name in FunctionName]: P extends (typeof permissions)[Name][number] | FurtherOf<Name>
    ? Name
    : never;
}[FunctionName];

/** The steps that have a permission, with some destination at least. */
export type StepWith<P extends Permission> = FunctionWith<P> & StepName;

/**
 * Returns the permissions of a function.
 * @param needs - of the destination. Default: none
 */
export function permissionsOf(
  name: FunctionName,
  needs: DestinationNeeds = {},
): readonly Permission[] {
  const { wholeDigest = 'none', renewsSecret = false } = needs;
  const applying: readonly Further[] = [
    ...(wholeDigest === 'none' ? [] : [further.wholeDigest]),
    ...(renewsSecret ? [further.renewsSecret] : []),
  ];
  return [...permissions[name], ...applying.flatMap((one) => one[name] ?? [])];
}

/** True if a function has a permission. */
export function hasPermission(
  name: FunctionName,
  permission: Permission,
  needs?: DestinationNeeds,
): boolean {
  return permissionsOf(name, needs).includes(permission);
}

/** Returns the functions that have a permission. */
export function functionsWith<P extends Permission>(
  permission: P,
  needs?: DestinationNeeds,
): readonly FunctionWith<P>[] {
  return functionNames.filter((name): name is FunctionWith<P> =>
    hasPermission(name, permission, needs),
  );
}

/** Returns the steps that have a permission. */
export function stepsWith<P extends Permission>(
  permission: P,
  needs?: DestinationNeeds,
): readonly StepWith<P>[] {
  return stepNames.filter((name): name is StepWith<P> => hasPermission(name, permission, needs));
}

/** Returns what several destinations need together. */
export function needsOfAll(all: readonly DestinationNeeds[]): DestinationNeeds {
  return {
    wholeDigest: all.some(({ wholeDigest }) => wholeDigest === 'md5') ? 'md5' : 'none',
    renewsSecret: all.some(({ renewsSecret }) => renewsSecret),
  };
}

const rowPermissions = {
  readRows: ['GetItem', 'Query'],
  writeRows: ['PutItem'],
  updateRows: ['UpdateItem'],
  deleteRows: ['DeleteItem'],
} as const satisfies Partial<Record<Permission, readonly string[]>>;

/** Returns the DynamoDB actions that a function needs on the rows of the table. */
export function rowActionsOf(name: FunctionName): readonly string[] {
  return Object.entries(rowPermissions).flatMap(([permission, actions]) =>
    hasPermission(name, permission as keyof typeof rowPermissions) ? actions : [],
  );
}
