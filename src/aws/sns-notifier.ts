import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Notifier } from '#src/core/ports/events.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface SnsNotifierOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
}

/** Sends notices to the subscribers of an SNS topic. */
export function createSnsNotifier({ client, topicArn }: SnsNotifierOptions): Notifier {
  return {
    send: async ({ subject, text }) => {
      const message = { TopicArn: topicArn, Subject: subject, Message: text };
      await client.send(new PublishCommand(message)).catch((error: unknown) => {
        const said = describeSdkFailure(sdkFailure(error));
        throw new TransferError(
          'NoticeNotSentError',
          `the topic ${topicArn} did not take a notice: ${said}`,
          { cause: error },
        );
      });
    },
  };
}
