import type { HandlerHarness } from './handler-harness.ts';
import { executionId } from './handler-harness.ts';
import { classify } from './result.ts';

/** The result of a start; `rejected` names the error. */
export type Started =
  | { readonly how: 'opened' | 'waits' | 'ignored' }
  | { readonly how: 'rejected'; readonly name: string };

/** Maximum size of a row (DynamoDB quotas, 2026) and of an event (EventBridge quotas, 2026). */
const maxRowBytes = 400 * 1024;
const maxEventBytes = 256 * 1024;

/**
 * Starts a transfer as the state machine does, until a session is open or the start is rejected. Records
 * a rejection as the state machine does.
 * @throws Error - a rejected start created something other than the record of its rejection
 */
export async function start(harness: HandlerHarness, input: unknown): Promise<Started> {
  const before = harness.rows();
  const inspecting = await classify(() =>
    harness.call('InspectSource', { state: input, executionId, startedAt }),
  );
  if (inspecting.kind === 'rejected')
    return recordRejection(harness, input, inspecting.error, before);
  const inspected = inspecting.value as { next: string; findings?: unknown };
  if (inspected.next === 'ended') {
    assertNothingCreated(harness, before);
    return { how: 'ignored' };
  }
  if (inspected.next !== 'open') throw new Error(`InspectSource answered ${inspected.next}`);
  const opening = await classify(() =>
    harness.call('OpenSession', { state: inspected, executionId, startedAt }),
  );
  if (opening.kind === 'rejected') {
    if (harness.service.sessions().length > 0) throw new Error('a rejected start opened a session');
    return { how: 'rejected', name: opening.error.name };
  }
  return { how: (opening.value as { next: string }).next === 'wait' ? 'waits' : 'opened' };
}

const startedAt = '2026-11-21T12:00:00Z';

async function recordRejection(
  harness: HandlerHarness,
  input: unknown,
  error: Error,
  before: string,
): Promise<Started> {
  assertNothingCreated(harness, before);
  const eventsBefore = harness.events.all.length;
  const Cause = JSON.stringify({ errorType: error.name, errorMessage: error.message });
  const state = { errorIn: { OpenSession: { Error: error.name, Cause } } };
  const recording = await classify(() =>
    harness.call('RecordOutcome', { state, executionId, startedAt, input }),
  );
  if (recording.kind === 'rejected') throw new Error(`not recorded: ${recording.error.message}`);
  const recorded = recording.value as { next: string; error: string };
  if (recorded.next !== 'fail' || recorded.error !== error.name) {
    throw new Error(
      `a start rejected with ${error.name} is recorded as ${recorded.next} ${recorded.error}`,
    );
  }
  assertOnlyRejection(harness, before);
  for (const event of harness.events.all.slice(eventsBefore)) {
    assertWithin(maxEventBytes, 'an event', event);
  }
  return { how: 'rejected', name: error.name };
}

function assertNothingCreated(harness: HandlerHarness, before: string): void {
  if (harness.creates() > 0) throw new Error('the service was asked for a session');
  if (harness.rows() !== before) throw new Error('an ignored start wrote rows');
}

/** Checks that the table holds one more row, which records the rejection. */
function assertOnlyRejection(harness: HandlerHarness, before: string): void {
  const [rowsBefore, rowsNow] = [before, harness.rows()].map((text) => JSON.parse(text) as Row[][]);
  const [transfers = [], ...others] = rowsNow ?? [];
  if (JSON.stringify(others) !== JSON.stringify(rowsBefore?.slice(1)))
    throw new Error('the start wrote other rows');
  const states = transfers.map(([, row]) => row.state);
  if (states.join() !== 'rejected')
    throw new Error(`the rows are ${states.join()}, not one rejection`);
  for (const row of transfers) assertWithin(maxRowBytes, 'a row', row);
}

type Row = [string, { readonly state: string }];

function assertWithin(maxBytes: number, what: string, value: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > maxBytes) throw new Error(`${what} of ${bytes} bytes`);
}
