import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { EventPublisher, TransferEvent } from '#src/core/ports/events.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface EventBridgePublisherOptions {
  readonly client: EventBridgeClient;
  /** A bus of this account, by name or ARN. */
  readonly busName: string;
}

/** The `source` of every event, which rules match. */
export const eventSource = 'chunkferry';

/** An entry's fields together may hold 256 KiB (EventBridge quotas, 2026); 1 KiB is enough for the other fields. */
const maxDetailBytes = 255 * 1024;

/**
 * Creates a publisher that puts events on a bus, one at a time. PutEvents also returns 200 for a
 * failed entry, so the publisher reads the entry's result.
 * @throws EventNotPublishedError - from `publish`; retryable
 */
export function createEventBridgePublisher(options: EventBridgePublisherOptions): EventPublisher {
  const { client, busName } = options;
  return {
    publish: async (event) => {
      const Entries = [entryOf(event, busName)];
      const reply = await client.send(new PutEventsCommand({ Entries })).catch((error: unknown) => {
        throw notPublishedError(event, busName, describeSdkFailure(sdkFailure(error)), error);
      });
      const [entry] = reply.Entries ?? [];
      if (reply.FailedEntryCount === 0 && entry?.EventId) return;
      const reason = `${entry?.ErrorCode ?? 'no entry in the reply'}: ${entry?.ErrorMessage ?? 'no reason'}`;
      throw notPublishedError(event, busName, reason);
    },
  };
}

function entryOf(event: TransferEvent, busName: string) {
  const detail = JSON.stringify(event.detail);
  const sizeBytes = Buffer.byteLength(detail);
  if (sizeBytes > maxDetailBytes) {
    const reason = `its detail of ${sizeBytes} bytes must be at most ${maxDetailBytes} bytes`;
    throw notPublishedError(event, busName, reason);
  }
  return {
    EventBusName: busName,
    Source: eventSource,
    DetailType: event.type,
    Detail: detail,
    Time: new Date(event.at),
  };
}

function notPublishedError(event: TransferEvent, busName: string, reason: string, cause?: unknown) {
  const message = `Publishing "${event.type}" to the event bus ${JSON.stringify(busName)} failed: ${reason}`;
  return new TransferError('EventNotPublishedError', message, { cause });
}
