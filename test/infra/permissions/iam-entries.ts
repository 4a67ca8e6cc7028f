/** One line of the list. A whole grant is as many of them as there are actions times resources. */
export interface Entry {
  /** Actions, separated by commas. */
  readonly may: string;
  /** Resources; left out in a trust and for calling a function, which are about the holder itself. */
  readonly on?: readonly string[];
  /** Who; in the policies of resources and in trusts. */
  readonly who?: readonly string[];
  /** The whole condition. */
  readonly when?: Readonly<Record<string, unknown>>;
  /** Forbids instead. */
  readonly never?: true;
  /** Why nothing narrower than a wildcard does; needed where there is one, and nowhere else. */
  readonly why?: string;
}

/** Entries by who holds them: a role, or the resource whose policy they stand in. */
export type IamList = Readonly<Record<string, readonly Entry[]>>;

export const aws = 'arn:<AWS::Partition>';
export const here = '<AWS::Region>:<AWS::AccountId>';

/** The condition that a key is used through one service of one Region only. */
export const through = (service: string) => ({
  StringEquals: { 'kms:ViaService': `${service}.<AWS::URLSuffix>` },
});
