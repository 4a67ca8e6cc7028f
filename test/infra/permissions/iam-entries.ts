/** One line of the list: its actions on each of its resources. */
export interface Entry {
  /** Actions, separated by commas. */
  readonly may: string;
  /** Resources. Default: the holder itself, in a trust and for calling a function. */
  readonly on?: readonly string[];
  /** Principals, in the policies of resources and in trusts. */
  readonly who?: readonly string[];
  /** The whole condition. */
  readonly when?: Readonly<Record<string, unknown>>;
  /** A denial. */
  readonly never?: true;
  /** Why a wildcard is needed; required for a wildcard, and only then. */
  readonly why?: string;
}

/** Entries by holder: a role, or the resource with the policy. */
export type IamList = Readonly<Record<string, readonly Entry[]>>;

export const aws = 'arn:<AWS::Partition>';
export const here = '<AWS::Region>:<AWS::AccountId>';

/** The condition that limits a key to one service in one Region. */
export const through = (service: string) => ({
  StringEquals: { 'kms:ViaService': `${service}.<AWS::URLSuffix>` },
});
