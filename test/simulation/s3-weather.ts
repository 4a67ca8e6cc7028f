import { explainS3Failure } from '#src/aws/s3/failures.ts';
import type { SourceReference } from '#src/core/source/source-object.ts';
import type { Chance } from './chance.ts';
import type { Mishaps } from './fault-classes.ts';

/** S3's words in the simulation's own refusals: an error that holds them is of a fault that passes. */
export const passingS3Text = 'Please come again.';

/** Codes that S3 and KMS give for what passes, with a status that alone would say "never". */
const passingCodes: readonly (readonly [string, number])[] = [
  ['ThrottlingException', 400],
  ['KMS.ThrottlingException', 400],
  ['OperationAborted', 409],
  ['RequestTimeout', 400],
  ['KMS.DependencyTimeoutException', 400],
  ['BandwidthLimitExceeded', 400],
];

/** How S3 fares in one run; every process meets the same S3. */
export interface S3Weather {
  /** @throws TransferError - what the adapter makes of S3's refusal, if a fault strikes */
  strike(reference: SourceReference): void;
}

const minuteMs = 60_000;

export function openS3Weather(mishaps: Mishaps, chance: Chance): S3Weather {
  let stormUntil = 0;
  const refuse = (reference: SourceReference, name: string, status: number): never => {
    const refusal = { name, message: passingS3Text, $metadata: { httpStatusCode: status } };
    throw explainS3Failure(refusal, reference);
  };
  return {
    strike(reference) {
      if (mishaps.strikes('storm at S3')) {
        stormUntil = Date.now() + chance.pick([1.5, 20, 120]) * minuteMs;
      }
      if (!mishaps.isCalm && Date.now() < stormUntil) refuse(reference, 'SlowDown', 503);
      if (mishaps.strikes('S3 clock skew')) refuse(reference, 'RequestTimeTooSkewed', 403);
      if (mishaps.strikes('S3 transient code')) refuse(reference, ...chance.pick(passingCodes));
    },
  };
}
