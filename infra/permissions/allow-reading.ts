import type { IConstruct } from 'constructs';
import type { StepFunctions } from '#infra/lambda/step-function.ts';
import { isAccessPoint } from '#src/core/source/buckets.ts';
import type { Source } from '#src/core/source/sources.ts';
import { stepsWith } from '#src/core/stack/permissions.ts';
import { acknowledgeWildcards } from './acknowledge.ts';
import { bucketArn, objectArns } from './object-arns.ts';
import { allow } from './permissions.ts';

/** The steps that read the object. */
export const readingSteps = stepsWith('readSources');

/**
 * Lets the reading steps read a source's objects, of any version, and tell a missing key from a
 * forbidden one: without s3:ListBucket, S3 answers 403 to both. The first of them may also look
 * whether the bucket's events are switched on.
 */
export function allowReading(functions: StepFunctions, source: Source): void {
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

/** Lets the reading steps become a source account's reader, and nobody else. */
export function allowAssuming(functions: StepFunctions, roleArns: readonly string[]): void {
  if (roleArns.length === 0) return;
  for (const step of readingSteps) allow(functions[step], roleArns, ['sts:AssumeRole']);
}

/** Says why a reader has wildcards. */
export function acknowledgeObjects(
  reader: IConstruct,
  source: Pick<Source, 'bucket' | 'prefixes'>,
): void {
  acknowledgeWildcards(
    reader,
    'Every object of a source may be named or announced: their keys are not known before.',
    ...objectArns(source),
  );
  const bucket = bucketArn(source.bucket);
  if (!bucket.includes('*')) return;
  acknowledgeWildcards(reader, 'The alias of an access point holds a part of its name.', bucket);
}
