import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Notifier } from '#src/core/ports/events.ts';
import { describeSdkFailure, safeCause, sdkFailure } from './sdk-failure.ts';

export interface SnsNotifierOptions {
  readonly client: SNSClient;
  readonly topicArn: string;
}

/**
 * Creates a notifier that sends notices to the subscribers of an SNS topic.
 * @throws NoticeNotSentError - from `send`: Publish failed
 */
export function createSnsNotifier({ client, topicArn }: SnsNotifierOptions): Notifier {
  return {
    send: async ({ subject, text }) => {
      const message = { TopicArn: topicArn, Subject: subject, Message: text };
      await client.send(new PublishCommand(message)).catch((error: unknown) => {
        const reason = describeSdkFailure(sdkFailure(error));
        const failure = `Publishing a notice to the topic ${topicArn} failed: ${reason}`;
        throw new TransferError('NoticeNotSentError', failure, { cause: safeCause(error) });
      });
    },
  };
}
