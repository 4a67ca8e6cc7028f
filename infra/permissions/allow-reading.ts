import type { IConstruct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { type StepWith, stepsWith } from '#src/core/shared-with-infra/permissions.ts';
import { isAccessPoint } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';
import { acknowledgeWildcards } from './acknowledge.ts';
import { bucketArn, objectArns } from './object-arns.ts';
import { allow } from './permissions.ts';

/** The steps that read objects. */
export type ReadingSteps = readonly StepWith<'readSources'>[];

/**
 * Allows the reading steps to read a source's objects in every version. With s3:ListBucket, S3
 * answers 404 for a missing key; without it, 403. Also allows checking whether the bucket's events
 * are switched on.
 */
export function allowReading(
  functions: StepFunctions,
  readingSteps: ReadingSteps,
  source: Source,
): void {
  const bucket = [bucketArn(source.bucket)];
  for (const step of readingSteps) {
    allow(functions[step], objectArns(source), ['s3:GetObject', 's3:GetObjectVersion']);
    allow(functions[step], bucket, ['s3:ListBucket']);
    acknowledgeObjects(functions[step], source);
  }
  if (isAccessPoint(source.bucket)) return;
  for (const step of stepsWith('checkBuckets')) {
    allow(functions[step], bucket, ['s3:GetBucketNotification']);
  }
}

/** Allows the reading steps, and no other step, to assume the reader roles of the source accounts. */
export function allowAssuming(
  functions: StepFunctions,
  readingSteps: ReadingSteps,
  roleArns: readonly string[],
): void {
  if (roleArns.length === 0) return;
  for (const step of readingSteps) allow(functions[step], roleArns, ['sts:AssumeRole']);
}

/** Records why a reader has wildcards. */
export function acknowledgeObjects(
  reader: IConstruct,
  source: Pick<Source, 'bucket' | 'prefixes'>,
): void {
  acknowledgeWildcards(
    reader,
    'Every object of a source may be read: their keys are unknown at deployment.',
    ...objectArns(source),
  );
  const bucket = bucketArn(source.bucket);
  if (!bucket.includes('*')) return;
  acknowledgeWildcards(
    reader,
    'The alias of an access point contains only a part of its name.',
    bucket,
  );
}
