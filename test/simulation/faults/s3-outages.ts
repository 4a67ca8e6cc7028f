import { explainS3Failure } from '#src/aws/s3/failures.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { Chance } from '../harness/chance.ts';
import type { Faults } from './fault-classes.ts';

/** The text of every injected S3 error. An error that contains it comes from a transient fault. */
export const transientS3Text = 'Please come again.';

/** Transient codes of S3 and KMS with a status that alone would be final. */
const transientCodes: readonly (readonly [string, number])[] = [
  ['ThrottlingException', 400],
  ['KMS.ThrottlingException', 400],
  ['OperationAborted', 409],
  ['RequestTimeout', 400],
  ['KMS.DependencyTimeoutException', 400],
  ['BandwidthLimitExceeded', 400],
];

/** Faults of S3 in one run, shared by all processes. */
export interface S3Faults {
  /** @throws TransferError - the adapter's error for an injected S3 error, if a fault occurs */
  throwIfFaulty(reference: SourceReference): void;
}

const minuteMs = 60_000;

/** Returns the S3 faults of one run. */
export function openS3Faults(faults: Faults, chance: Chance): S3Faults {
  let outageUntil = 0;
  const reject = (reference: SourceReference, name: string, status: number): never => {
    const error = { name, message: transientS3Text, $metadata: { httpStatusCode: status } };
    throw explainS3Failure(error, reference);
  };
  return {
    throwIfFaulty(reference) {
      if (faults.strikes('S3 outage')) {
        outageUntil = Date.now() + chance.pick([1.5, 20, 120]) * minuteMs;
      }
      if (!faults.isDisabled && Date.now() < outageUntil) reject(reference, 'SlowDown', 503);
      if (faults.strikes('S3 clock skew')) reject(reference, 'RequestTimeTooSkewed', 403);
      if (faults.strikes('S3 transient code')) reject(reference, ...chance.pick(transientCodes));
    },
  };
}
