import { expect, it } from 'vitest';
import { errorCatalogue } from '#src/core/errors/error-lookup.ts';
import type { Notice } from '#src/core/ports/events.ts';
import { type NoticePorts, sendFailureNotice } from '#src/failure-notice/send-failure-notice.ts';

const execution = 'arn:aws:states:eu-west-1:111122223333:execution:Transfers:run-1';
const { nextStep } = errorCatalogue.AssetFailedError;
const failure = {
  bucket: 'films',
  key: 'archive/Final match.mp4',
  transferId: 'transfer-1',
  execution,
  error: 'AssetFailedError',
  cause: `asset a1 failed: no video track. ${nextStep}`,
};

/** Returns the notices that were sent about these failures. */
async function noticesOf(...details: readonly (object | string)[]): Promise<Notice[]> {
  const notices: Notice[] = [];
  const nothing = () => {};
  const ports: NoticePorts = {
    notifier: { send: async (notice) => void notices.push(notice) },
    log: { info: nothing, warn: nothing, error: nothing },
    deployment: 'Chunkferry/Chunkferry',
    tableName: 'Table-1',
    dashboardName: 'Board-1',
  };
  const bodies = details.map((detail) =>
    typeof detail === 'string'
      ? detail
      : JSON.stringify({ source: 'chunkferry', time: '2026-11-28T09:00:00Z', detail }),
  );
  await sendFailureNotice(ports, bodies);
  return notices;
}

const many = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, i) => ({ ...failure, transferId: `t${i}`, ...more }));

it('N18: one failure becomes a notice with object, error, next step, execution and dashboard', async () => {
  const [notice] = await noticesOf(failure);
  expect(notice).toEqual({
    subject: '1 transfer failed in Chunkferry/Chunkferry: AssetFailedError',
    text: [
      '1 transfer failed in Chunkferry/Chunkferry: AssetFailedError.',
      '',
      '1. s3://films/archive/Final match.mp4',
      '   Error: AssetFailedError: asset a1 failed: no video track.',
      `   Next step: ${nextStep}`,
      `   Execution: https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/${execution}`,
      '   Transfer: transfer-1',
      '',
      'Dashboard: https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/Board-1',
    ].join('\n'),
  });
});

it('a batch becomes one notice', async () => {
  expect(await noticesOf(...many(3))).toHaveLength(1);
});

it('N18: a large batch lists the first 25 failures and counts the rest', async () => {
  const [notice] = await noticesOf(...many(40));
  expect(notice?.text.match(/Next step/g)).toHaveLength(25);
  expect(notice?.text).toContain('…and 15 more.');
});

it('a large batch contains the query for all its failures', async () => {
  const [notice] = await noticesOf(...many(26));
  expect(notice?.text).toContain(
    `aws dynamodb query --region eu-west-1 --table-name Table-1 --index-name byState --no-scan-index-forward --key-condition-expression 'stateDay = :d' --expression-attribute-values '{":d":{"S":"failed#2026-11-28"}}'`,
  );
});

it('a batch of 1,000 failures with the longest texts fits into an SNS message', async () => {
  const more = { key: '🎬'.repeat(256), cause: '🎬'.repeat(1000) };
  const [notice] = await noticesOf(...many(1000, more));
  expect(Buffer.byteLength(notice?.text ?? '')).toBeLessThan(256 * 1024);
});

it('the subject counts the errors, the most frequent first', async () => {
  const [notice] = await noticesOf(failure, ...many(2, { error: 'SourceArchivedError' }));
  expect(notice?.subject).toBe(
    '3 transfers failed in Chunkferry/Chunkferry: 2 x SourceArchivedError, AssetFailedError',
  );
});

it('the subject is at most 100 characters of ASCII', async () => {
  const errors = Array.from({ length: 9 }, (_, i) => ({
    ...failure,
    transferId: `${i}`,
    error: `Größe${i}Error`,
  }));
  const [notice] = await noticesOf(...errors);
  expect(notice?.subject).toMatch(/^[\x20-\x7e]{1,100}$/);
});

it('a repeated event is listed once', async () => {
  const [notice] = await noticesOf(failure, failure);
  expect(notice?.subject).toMatch(/^1 transfer failed/);
});

it('a key with a line break stays on one line', async () => {
  const [notice] = await noticesOf({
    ...failure,
    key: 'a\nDashboard: https://evil.example\u202e.mp4',
  });
  const first = notice?.text.split('\n')[2];
  expect(first).toBe(String.raw`1. s3://films/a\nDashboard: https:%2F%2Fevil.example\u202e.mp4`);
});

it('lists a start without a bucket and key', async () => {
  const [notice] = await noticesOf({ error: 'InvalidInputError', cause: 'no bucket.', execution });
  expect(notice?.text).toContain('1. a start without a bucket and key');
});

it.each([
  ['aws-cn', 'cn-north-1', 'cn-north-1.console.amazonaws.cn'],
  ['aws-us-gov', 'us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
])('links lead to the console of the partition %s', async (partition, region, host) => {
  const arn = `arn:${partition}:states:${region}:111122223333:execution:Transfers:run-1`;
  const [notice] = await noticesOf({ ...failure, execution: arn });
  expect(notice?.text.match(new RegExp(`https://${host}/`, 'g'))).toHaveLength(2);
});

it.each(['', 'null', '{"detail":{}}', '[]'])(
  'an unsupported event sends no notice: %j',
  async (body) => {
    expect(await noticesOf(body)).toEqual([]);
  },
);
