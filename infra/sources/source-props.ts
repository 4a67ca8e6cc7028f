import type { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { MediaType } from '#src/core/source/media-types.ts';

/** What happens to a new version that holds the bytes of an earlier one. */
export type SameContent = 'transfer' | 'reuse';

/** A bucket, and which of its objects are moved when they appear. */
export interface SourceProps {
  /**
   * An existing bucket or its name, which may be a token. Its EventBridge switch must be on. Or the ARN
   * or alias of an access point: it has no events, so its objects are named by hand, by that name.
   */
  readonly bucket: IBucket | string;
  /**
   * The account that owns the bucket; one of `sourceAccounts`, where it is another than the stack's.
   * @default the stack's own
   */
  readonly account?: string;
  /**
   * The bucket's Region. Where it is another than the stack's, the bucket may be read from here, but
   * its events reach this Region only through a forwarding rule in its own: deploy
   * `SourceAccountStack` there, also in this very account, then without a reader role.
   * @default the stack's own
   */
  readonly region?: string;
  /**
   * Keys must begin with one of these, letter for letter.
   * @default any key
   */
  readonly prefixes?: readonly string[];
  /**
   * Keys must end with one of these, in any letter case; each has its dot and ends with an extension
   * of media, or is named in `mediaTypes`.
   * @default any key
   */
  readonly suffixes?: readonly string[];
  /**
   * What objects are whose keys end with a suffix, in any letter case: `{ '.r3d': 'video' }`. For
   * extensions that Chunkferry does not know, and above those that it does.
   * @default by the extension, else by the object's content type
   */
  readonly mediaTypes?: Readonly<Record<string, MediaType>>;
  /**
   * Smaller objects are ignored, in bytes.
   * @default 0
   */
  readonly minSize?: number;
  /**
   * Larger objects are ignored, in bytes.
   * @default no bound
   */
  readonly maxSize?: number;
  /**
   * `reuse`: a new version of an object whose bytes an earlier version's asset holds uses that asset
   * again, where digests prove it. `transfer`: each version is an asset of its own.
   * @default the construct's `sameContent`
   */
  readonly sameContent?: SameContent;
  /**
   * The key that encrypts the objects; this or `kmsKeyArn`.
   * @default the bucket's own, where the bucket construct knows it
   */
  readonly encryptionKey?: IKey;
  /**
   * ARN of the key that encrypts the objects. Its policy must allow the statement that the stack
   * puts out as `KeyPolicyStatement`.
   * @default none
   */
  readonly kmsKeyArn?: string;
  /**
   * Says in every read that the requester pays, as buckets with Requester Pays want it. The stack's
   * account is charged for the requests and the transfer.
   * @default false
   */
  readonly requestPayer?: boolean;
  /**
   * How long a denied read is tried again before it fails the transfer, 1 minute to 24 hours: for
   * buckets whose objects may not be read until a scan or an approval has ended.
   * @default a denial is final
   */
  readonly waitWhileDenied?: Duration;
  /**
   * Switches the bucket's events to EventBridge on, by a function of the CDK's that keeps its other
   * notification settings. For buckets of this account and Region only.
   * @default false: the bucket's settings are never touched
   */
  readonly switchOnEvents?: boolean;
}
