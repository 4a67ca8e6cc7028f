import fc from 'fast-check';
import { accounts, executionId, ours } from '../support/handler-harness.ts';
import { damaged, damages } from './damage.ts';
import { hugeText, nested, oddJson, oddText } from './odd-values.ts';
import { eventOf } from './starts.ts';

const statuses = ['ABORTED', 'TIMED_OUT', 'FAILED', 'SUCCEEDED', 'RUNNING', 'PENDING_REDRIVE'];

/** Returns a status event of a known or an unknown execution. */
function statusChange(status: string, execution: string, more: object): object {
  return {
    version: '0',
    id: '315c1398-40ff-a850-213b-158f73e60175',
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account: accounts.ours,
    time: '2026-11-21T12:30:00Z',
    region: 'eu-west-1',
    resources: [execution],
    detail: {
      executionArn: execution,
      stateMachineArn: `arn:aws:states:eu-west-1:${accounts.ours}:stateMachine:ferry`,
      name: 'one',
      status,
      startDate: Date.UTC(2026, 10, 21, 12),
      stopDate: Date.UTC(2026, 10, 21, 12, 30),
      input: JSON.stringify(ours),
      output: null,
      error: null,
      cause: null,
      ...more,
    },
  };
}

/** Inputs of executions as text. The service only requires JSON. */
const inputs = fc.oneof(
  fc.constant(JSON.stringify(ours)),
  oddText,
  hugeText,
  hugeText.map((key) => JSON.stringify({ ...ours, key })),
  fc.constantFrom(JSON.stringify(eventOf(ours)), 'null', '[]', '{"preflight":true}'),
  fc.constantFrom(40, 100_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  oddText.map((text) => JSON.stringify({ ...ours, key: text, __proto__: { key: text } })),
);

const changes = fc
  .record({
    status: fc.oneof(fc.constantFrom(...statuses), oddText),
    execution: fc.oneof(fc.constantFrom(executionId, `${executionId}-other`), oddText),
    input: inputs,
    error: fc.oneof(fc.constant(null), fc.string({ maxLength: 256, unit: 'binary' })),
    cause: fc.oneof(
      fc.constant(null),
      oddText,
      hugeText.map((text) => text.slice(0, 32_768)),
    ),
  })
  .map(({ status, execution, ...more }) => statusChange(status, execution, more));

/** Events of a queue, a schedule or a dead-letter queue. */
const others = fc
  .oneof(oddJson, fc.constant(eventOf(ours)))
  .chain((value) => fc.constantFrom<unknown>(value, {}, scheduled(), ...queued(value)));

function scheduled(): object {
  return { version: '0', source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };
}

function queued(value: unknown): object[] {
  const record = {
    messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
    eventSource: 'aws:sqs',
    awsRegion: 'eu-west-1',
  };
  const body = textOf(value);
  const failed = { ERROR_CODE: 'SDK_CLIENT_ERROR', RETRY_ATTEMPTS: '2' };
  return [
    { Records: [{ ...record, body, attributes: {}, messageAttributes: {} }] },
    { Records: [] },
    { Records: [{ ...record, body, messageAttributes: failed }, record] },
    { version: '1.0', requestContext: { condition: 'RetriesExhausted' }, requestPayload: value },
  ];
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '[';
  }
}

/** Events that may reach the reconciler, intact and damaged. */
export const reconcilerEvents: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: changes },
  { weight: 2, arbitrary: others },
  { weight: 4, arbitrary: fc.tuple(changes, damages).map(([event, ways]) => damaged(event, ways)) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, 7, 'x', [], nested(20_000)) },
);
