import { SNSClient } from '@aws-sdk/client-sns';
import type { Context, SQSEvent } from 'aws-lambda';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { createSnsNotifier } from '#src/aws/sns-notifier.ts';
import { required } from '#src/config/environment.ts';
import { asTransferError } from '#src/core/errors/errors.ts';
import { reportFailures } from '#src/failure-reports/report-failures.ts';
import { type Container, createContainer, type Part } from '../runtime/container.ts';
import { openCallLog } from '../runtime/log.ts';

const notifier: Part<ReturnType<typeof createSnsNotifier>> = {
  build: ({ env }) =>
    createSnsNotifier({
      client: new SNSClient(boundedCalls),
      topicArn: required(env, 'noticeTopicArn'),
    }),
};

/** Creates the handler that publishes one notice about the failed transfers of a batch. SQS retries it. */
export function createHandler(container: Container) {
  return async ({ Records }: SQSEvent, context: Context): Promise<void> => {
    const log = openCallLog(container, { step: 'ReportFailures' }, context);
    const bodies = Records.map(({ body }) => body);
    try {
      await reportFailures({ ...reportSettings(container), log }, bodies);
    } catch (thrown) {
      const error = asTransferError(thrown);
      const { name, message, nextStep } = error;
      log.error('failures not reported', { error: name, reason: message, nextStep });
      throw error;
    }
  };
}

function reportSettings(container: Container) {
  const { env, serviceName } = container;
  return {
    notifier: container.get(notifier),
    deployment: serviceName,
    tableName: required(env, 'tableName'),
    dashboardName: required(env, 'dashboardName'),
  };
}

export const handler = createHandler(createContainer(process.env));
