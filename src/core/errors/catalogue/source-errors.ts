import { type ErrorEntry, ends } from './error-entry.ts';

/** The errors that end a transfer because of its object, its bucket or the right to read them. */
export const sourceErrors = {
  SourceNotConfiguredError: {
    ...ends,
    nextStep: 'Add the bucket to the configured sources and deploy, or correct the bucket name.',
    localNextStep: 'Correct the bucket name, then run the command again.',
  },
  SourceClaimRejectedError: {
    ...ends,
    nextStep:
      'Find out which account sent the event. The bucket is not a configured source of that account.',
    localNextStep: 'Name the object as s3://bucket/key.',
  },
  SourceRegionMismatchError: {
    ...ends,
    nextStep: 'Correct the Region of the source in the configuration, then deploy.',
    localNextStep: 'Set AWS_REGION to the Region of the bucket, then run the command again.',
  },
  SourceRoleRejectedError: {
    ...ends,
    nextStep:
      "Check the reader role in the source's account: its name, its trust policy for this account, and its external id.",
    localNextStep: 'Use AWS credentials that may read the object.',
  },
  SourceNotFoundError: {
    ...ends,
    nextStep: 'Check bucket, key and versionId. Keys are case-sensitive and not URL-encoded.',
    localNextStep: 'Check the name. Keys are case-sensitive and not URL-encoded.',
  },
  SourceAccessDeniedError: {
    ...ends,
    nextStep:
      "Check these policies in this order: the bucket's policy; the KMS key's policy and the source's kmsKeyArn; for a bucket of another account, the prefixes of its source-account stack; the organization's policies (SCP, RCP). If the requester pays for the bucket, set requestPayer. If reads are denied for a limited time, for example during a virus scan, set waitWhileDenied.",
    localNextStep:
      'Use AWS credentials that allow the named action. Check the policies of the bucket, of its KMS key and of your organization. If the requester pays for the bucket, add --request-payer.',
  },
  SourceCredentialsRejectedError: {
    ...ends,
    nextStep:
      'Start again: the functions then get new role credentials. If it fails again, check the reader role, and any proxy that changes requests.',
    localNextStep:
      'Renew the AWS credentials, for example with `aws sso login`. For a wrong signature, also check the secret access key, the clock, and any proxy that changes requests.',
  },
  SourceContentEncodedError: {
    ...ends,
    nextStep: 'Store the decoded file without Content-Encoding, then start again.',
  },
  SourceEmptyError: {
    ...ends,
    nextStep: 'Upload the object again: it has 0 bytes.',
    localNextStep: 'Name a file that has bytes.',
  },
  SourceIsFolderError: {
    ...ends,
    nextStep: 'Name an object, not a folder marker.',
    localNextStep: 'Name a file or an object, not a folder.',
  },
  SourceTooLargeError: {
    ...ends,
    nextStep:
      'Split or re-encode the file. If the service accepts more, raise the setting of the destination that limits the size.',
    localNextStep: 'Split or re-encode the file.',
  },
  SourceTypeUnsupportedError: {
    ...ends,
    nextStep:
      'Name a video, audio or image object. Otherwise give the object such a content type, or add its suffix to the mediaTypes of the source (".ts":"video" for a transport stream) and deploy.',
    localNextStep:
      'Name a video, audio or image file with its usual extension (.m2ts for a transport stream), or say by --media-type what it is.',
  },
  SourceArchivedError: {
    ...ends,
    nextStep: 'Restore the object from its archive class, then start again.',
    localNextStep: 'Restore the object from its archive class, then run the command again.',
  },
  SourceCustomerEncryptedError: {
    ...ends,
    nextStep:
      'Copy the object to an object encrypted with SSE-S3 or SSE-KMS. SSE-C keys are not supported.',
  },
  SourceSupersededError: {
    ...ends,
    nextStep:
      'Do nothing: the object was overwritten or deleted, and its new content is a transfer of its own.',
    localNextStep: 'Run the command again: it sends the present content.',
  },
  SourceChecksumMismatchError: {
    ...ends,
    nextStep:
      "Delete the asset at the service, then start again with force. The sent bytes differ from the object's checksum.",
    localNextStep:
      "Delete the asset at the service, then run the command again with --force. The sent bytes differ from the object's checksum.",
  },
} as const satisfies Record<string, ErrorEntry>;
