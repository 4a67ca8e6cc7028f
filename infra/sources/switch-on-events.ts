import { Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { acknowledge } from '#infra/permissions/acknowledge.ts';

/** The id of the CDK's function that changes notification settings, one for each stack. */
const handlerId = 'BucketNotificationsHandler050a0587b7544547bf325f094a3db834';

/** Switches a bucket's events to EventBridge on, and keeps its other notification settings. */
export function switchOnEvents(bucket: IBucket): void {
  bucket.enableEventBridgeNotification();
  const handler = Stack.of(bucket).node.tryFindChild(handlerId);
  if (!handler) return;
  acknowledge(
    handler,
    "The CDK defines this function's role, runtime and buckets. It exists only with switchOnEvents.",
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    'IAM5[Resource::*]',
    'L1',
  );
}
