import { randomUUID } from 'node:crypto';
import { type OperationReply, startJsonEndpoint } from './json-endpoint.ts';
import type { Emulator } from './loopback.ts';

/** An entry of PutEvents. `Detail` is JSON text, `Time` seconds since 1970. */
export interface PutEntry {
  readonly EventBusName?: string;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Time?: number;
  readonly Resources?: readonly string[];
}

export interface EventBridgeEmulator extends Emulator {
  /** The accepted entries, in order. Failed entries are not included. */
  readonly entries: readonly PutEntry[];
  /** Makes the next `count` calls fail with an InternalException. */
  failNextCalls(count: number): void;
  /** Makes the next `count` entries fail one by one, in calls that succeed. */
  failNextEntries(count: number): void;
}

/** Starts an event bus that accepts every event, stores it in memory and has no rules. */
export async function startEventBridge(): Promise<EventBridgeEmulator> {
  const entries: PutEntry[] = [];
  let callsToFail = 0;
  let entriesToFail = 0;

  function putEntry(entry: PutEntry) {
    if (entriesToFail > 0) {
      entriesToFail -= 1;
      return { ErrorCode: 'InternalFailure', ErrorMessage: 'Simulated failure' };
    }
    entries.push(entry);
    return { EventId: randomUUID() };
  }

  function putEvents(input: Readonly<Record<string, unknown>>): OperationReply {
    if (callsToFail > 0) {
      callsToFail -= 1;
      return { error: 'InternalException', message: 'Simulated failure', status: 500 };
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
