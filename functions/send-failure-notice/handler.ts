import { SNSClient } from '@aws-sdk/client-sns';
import type { Context, SQSEvent } from 'aws-lambda';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { createSnsNotifier } from '#src/aws/sns-notifier.ts';
import { required } from '#src/config/environment.ts';
import { asTransferError } from '#src/core/errors/transfer-error.ts';
import { sendFailureNotice } from '#src/failure-notice/send-failure-notice.ts';
import { type Container, createContainer, type Part } from '../runtime/container.ts';
import { openCallLog } from '../runtime/log.ts';

const notifier: Part<ReturnType<typeof createSnsNotifier>> = {
  build: ({ env }) =>
    createSnsNotifier({
      client: new SNSClient(boundedCalls),
      topicArn: required(env, 'noticeTopicArn'),
    }),
};

/** Creates the handler that sends one failure notice about the transfers of a batch. SQS retries it. */
export function createHandler(container: Container) {
  return async ({ Records }: SQSEvent, context: Context): Promise<void> => {
    const log = openCallLog(container, { step: 'SendFailureNotice' }, context);
    const bodies = Records.map(({ body }) => body);
    try {
      await sendFailureNotice({ ...noticeSettings(container), log }, bodies);
    } catch (thrown) {
      const error = asTransferError(thrown);
      const { name, message, nextStep } = error;
      log.error('failure notice not sent', { error: name, reason: message, nextStep });
      throw error;
    }
  };
}

function noticeSettings(container: Container) {
  const { env, serviceName } = container;
  return {
    notifier: container.get(notifier),
    deployment: serviceName,
    tableName: required(env, 'tableName'),
    dashboardName: required(env, 'dashboardName'),
  };
}

export const handler = createHandler(createContainer(process.env));
