import { describe, expect, it } from 'vitest';
import {
  films,
  notifications,
  probe,
  rejection,
  resetEachTest,
  s3,
} from './source-probe-harness.ts';

resetEachTest();

describe("a bucket's EventBridge setting", () => {
  const check = 'source: bucket films sends its events to EventBridge';

  it('may be on', async () => {
    expect((await probe(films, true))[2]).toEqual({ check, ok: true });
  });

  it('is checked even if listing is denied', async () => {
    s3.answers.list = rejection(403, 'AccessDenied');
    expect((await probe(films, true)).at(-1)).toEqual({ check, ok: true });
  });

  it('that is off is reported with its place in the console and the command', async () => {
    s3.answers.notification = { body: notifications('') };
    expect((await probe({ ...films, region: 'eu-west-1' }, true))[2]).toEqual({
      check,
      ok: false,
      problem: 'the setting is off: no new object starts a transfer',
      nextStep: `In the S3 console: bucket films, Properties, Amazon EventBridge, Edit, On. Or: aws s3api put-bucket-notification-configuration --bucket films --region eu-west-1 --notification-configuration '{"EventBridgeConfiguration":{}}'`,
    });
  });

  it('that is off is reported without a command if it would replace other notifications', async () => {
    const queue =
      '<QueueConfiguration><Id>q</Id><Queue>arn:aws:sqs:us-east-1:1:q</Queue><Event>s3:ObjectCreated:*</Event></QueueConfiguration>';
    s3.answers.notification = { body: notifications(queue) };
    const [, , found] = await probe(films, true);
    expect(found?.ok).toBe(false);
    expect(found?.nextStep).toContain('The console keeps the 1 other notifications');
    expect(found?.nextStep).not.toContain('--bucket');
  });

  it('that is unreadable causes a note with s3:GetBucketNotification', async () => {
    s3.answers.notification = rejection(403, 'AccessDenied', 'no');
    expect((await probe(films, true))[2]).toMatchObject({
      check,
      ok: true,
      problem: 'reading the setting failed: AccessDenied (403): no',
      nextStep: expect.stringContaining('s3:GetBucketNotification on the bucket films'),
    });
  });

  it('is checked on request only', async () => {
    await probe(films, false);
    expect(s3.requests.filter((line) => line.includes('notification'))).toEqual([]);
  });
});
