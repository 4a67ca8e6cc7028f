import { randomUUID } from 'node:crypto';
import { type OperationReply, startJsonEndpoint } from './json-endpoint.ts';
import type { Emulator } from './loopback.ts';

/** An event as PutEvents was given it; `Detail` is JSON text and `Time` seconds since 1970. */
export interface PutEntry {
  readonly EventBusName?: string;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Time?: number;
  readonly Resources?: readonly string[];
}

export interface EventBridgeEmulator extends Emulator {
  /** The entries that were taken, in order; those that were made to fail are not among them. */
  readonly entries: readonly PutEntry[];
  /** The next `count` calls end in an InternalException, whatever they hold. */
  failNextCalls(count: number): void;
  /** The next `count` entries are refused one by one, in calls that succeed. */
  failNextEntries(count: number): void;
}

/** Starts an event bus that takes every event, keeps it in memory and has no rules. */
export async function startEventBridge(): Promise<EventBridgeEmulator> {
  const entries: PutEntry[] = [];
  let callsToFail = 0;
  let entriesToFail = 0;

  function putEntry(entry: PutEntry) {
    if (entriesToFail > 0) {
      entriesToFail -= 1;
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'made to fail' };
    }
    entries.push(entry);
    return { EventId: randomUUID() };
  }

  function putEvents(input: Readonly<Record<string, unknown>>): OperationReply {
    if (callsToFail > 0) {
      callsToFail -= 1;
      return { error: 'InternalException', message: 'made to fail', status: 500 };
    }
    const results = (input.Entries as readonly PutEntry[]).map(putEntry);
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    return { result: { FailedEntryCount, Entries: results } };
  }

  const endpoint = await startJsonEndpoint('1.1', { 'AWSEvents.PutEvents': putEvents });
  return {
    ...endpoint,
    entries,
    failNextCalls: (count) => {
      callsToFail = count;
    },
    failNextEntries: (count) => {
      entriesToFail = count;
    },
  };
}
