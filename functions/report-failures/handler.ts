import { SNSClient } from '@aws-sdk/client-sns';
import type { Context, SQSEvent } from 'aws-lambda';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { createSnsNotifier } from '#src/aws/sns-notifier.ts';
import { required } from '#src/config/environment.ts';
import { asTransferError } from '#src/core/errors/errors.ts';
import { reportFailures } from '#src/failure-reports/report-failures.ts';
import { kept } from '../runtime/given.ts';
import { log, serviceName } from '../runtime/log.ts';

const notifier = () =>
  kept('notifier', () =>
    createSnsNotifier({
      client: new SNSClient(boundedCalls),
      topicArn: required(process.env, 'noticeTopicArn'),
    }),
  );

/** Sends one notice about the failed transfers of a batch; a batch that fails is tried again by SQS. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<void> {
  const to = log({ step: 'ReportFailures' }, context);
  const ports = {
    notifier: notifier(),
    log: to,
    deployment: serviceName,
    tableName: required(process.env, 'tableName'),
    dashboardName: required(process.env, 'dashboardName'),
  };
  try {
    await reportFailures(
      ports,
      Records.map(({ body }) => body),
    );
  } catch (error) {
    const { name, message, nextStep } = asTransferError(error);
    to.error('failures not reported', { error: name, reason: message, nextStep });
    throw asTransferError(error);
  }
}
