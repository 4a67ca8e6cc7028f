import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { TransferError } from '#src/core/errors/errors.ts';
import type { EventPublisher, TransferEvent } from '#src/core/ports/events.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface EventBridgePublisherOptions {
  readonly client: EventBridgeClient;
  /** A bus of this account, by name or ARN. */
  readonly busName: string;
}

/** What rules match on. */
export const eventSource = 'chunkferry';

/** One entry may hold 256 KiB, all fields together (EventBridge quotas, 2026); the others need far less than the rest. */
const maxDetailBytes = 255 * 1024;

/**
 * Puts events on a bus, one at a time. PutEvents answers 200 also when it took nothing, so the count
 * of failed entries is read.
 */
export function createEventBridgePublisher(options: EventBridgePublisherOptions): EventPublisher {
  const { client, busName } = options;
  return {
    publish: async (event) => {
      const Entries = [entryOf(event, busName)];
      const reply = await client.send(new PutEventsCommand({ Entries })).catch((error: unknown) => {
        throw notPublished(event, busName, describeSdkFailure(sdkFailure(error)), error);
      });
      const [entry] = reply.Entries ?? [];
      if (reply.FailedEntryCount === 0 && entry?.EventId) return;
      const reason = `${entry?.ErrorCode ?? 'no entry taken'}: ${entry?.ErrorMessage ?? 'no reason given'}`;
      throw notPublished(event, busName, reason);
    },
  };
}

function entryOf(event: TransferEvent, busName: string) {
  const detail = JSON.stringify(event.detail);
  const sizeBytes = Buffer.byteLength(detail);
  if (sizeBytes > maxDetailBytes) {
    const reason = `its detail has ${sizeBytes} bytes; at most ${maxDetailBytes} fit`;
    throw notPublished(event, busName, reason);
  }
  return {
    EventBusName: busName,
    Source: eventSource,
    DetailType: event.type,
    Detail: detail,
    Time: new Date(event.at),
  };
}

function notPublished(event: TransferEvent, busName: string, reason: string, cause?: unknown) {
  return new TransferError(
    'EventNotPublishedError',
    `"${event.type}" was not put on the event bus ${JSON.stringify(busName)}: ${reason}`,
    { cause },
  );
}
