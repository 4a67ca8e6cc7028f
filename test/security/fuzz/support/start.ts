import type { Stand } from './handler-harness.ts';
import { executionId } from './handler-harness.ts';
import { judge } from './result.ts';

/** How a start ended; `refused` names the error. */
export type Started =
  | { readonly how: 'opened' | 'waits' | 'ignored' }
  | { readonly how: 'refused'; readonly name: string };

/** The most that a row may hold (DynamoDB quotas, 2026), and an event (EventBridge quotas, 2026). */
const maxRowBytes = 400 * 1024;
const maxEventBytes = 256 * 1024;

/**
 * Starts a transfer as the state machine does, until a session is open or the start is refused; a
 * refusal is recorded as the machine records it.
 * @throws Error - a refused start has created something, or left more than the record of its refusal
 */
export async function start(stand: Stand, input: unknown): Promise<Started> {
  const before = stand.rows();
  const inspecting = await judge(() =>
    stand.call('InspectSource', { state: input, executionId, startedAt }),
  );
  if (inspecting.kind === 'refused') return refuse(stand, input, inspecting.error, before);
  const inspected = inspecting.value as { next: string; findings?: unknown };
  if (inspected.next === 'ended') {
    nothingCreated(stand, before);
    return { how: 'ignored' };
  }
  if (inspected.next !== 'open') throw new Error(`InspectSource says ${inspected.next}`);
  const opening = await judge(() =>
    stand.call('OpenSession', { state: inspected, executionId, startedAt }),
  );
  if (opening.kind === 'refused') {
    if (stand.service.sessions().length > 0)
      throw new Error('a refused start has opened a session');
    return { how: 'refused', name: opening.error.name };
  }
  return { how: (opening.value as { next: string }).next === 'wait' ? 'waits' : 'opened' };
}

const startedAt = '2026-11-21T12:00:00Z';

async function refuse(
  stand: Stand,
  input: unknown,
  error: Error,
  before: string,
): Promise<Started> {
  nothingCreated(stand, before);
  const eventsBefore = stand.events.all.length;
  const Cause = JSON.stringify({ errorType: error.name, errorMessage: error.message });
  const state = { error: { Error: error.name, Cause } };
  const recording = await judge(() =>
    stand.call('RecordOutcome', { state, executionId, startedAt, input }),
  );
  if (recording.kind === 'refused') throw new Error(`not recorded: ${recording.error.message}`);
  const told = recording.value as { next: string; error: string };
  if (told.next !== 'fail' || told.error !== error.name) {
    throw new Error(`a start refused with ${error.name} is told as ${told.next} ${told.error}`);
  }
  onlyRefusal(stand, before);
  for (const event of stand.events.all.slice(eventsBefore)) {
    within(maxEventBytes, 'an event', event);
  }
  return { how: 'refused', name: error.name };
}

function nothingCreated(stand: Stand, before: string): void {
  if (stand.creates() > 0) throw new Error('the service was asked for a session');
  if (stand.rows() !== before) throw new Error('rows were written for a start that moves nothing');
}

/** The table holds what it did before and one row that tells of the refusal. */
function onlyRefusal(stand: Stand, before: string): void {
  const [was, is] = [before, stand.rows()].map((text) => JSON.parse(text) as Row[][]);
  const [transfers = [], ...others] = is ?? [];
  if (JSON.stringify(others) !== JSON.stringify(was?.slice(1))) throw new Error('other rows too');
  const states = transfers.map(([, row]) => row.state);
  if (states.join() !== 'refused') throw new Error(`rows of ${states.join()}, not of one refusal`);
  for (const row of transfers) within(maxRowBytes, 'a row', row);
}

type Row = [string, { readonly state: string }];

function within(maxBytes: number, what: string, value: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > maxBytes) throw new Error(`${what} of ${bytes} bytes`);
}
