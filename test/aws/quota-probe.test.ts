import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import { createQuotaProbe } from '#src/aws/quota-probe.ts';
import { mockedClient } from './mocked-client.ts';

const lambda = mockedClient(LambdaClient);
afterEach(() => {
  lambda.reset();
});

const account = "quota: Lambda's concurrent executions of the account (L-B99A9384)";
const unreserved = "quota: Lambda's concurrent executions that no function reserves";

/** Returns the findings for an account with 80 concurrent sends. */
function probe(all?: number, left = all) {
  lambda.on(GetAccountSettingsCommand).resolves({
    AccountLimit: { ConcurrentExecutions: all, UnreservedConcurrentExecutions: left },
  });
  const client = new LambdaClient({ region: 'us-east-1' });
  return createQuotaProbe({ client, settings: { maxSendConcurrency: 80 } })();
}

describe("Lambda's quota of concurrent executions", () => {
  it('passes if the sends and the other steps fit', async () => {
    expect(await probe(100)).toEqual([
      { check: account, ok: true },
      { check: unreserved, ok: true },
    ]);
  });

  it('of a new account is reported with its code, its value and the needed value', async () => {
    expect(await probe(10)).toEqual([
      {
        check: account,
        ok: false,
        problem:
          "the account's limit is 10 concurrent functions; 100 are needed: 80 for sending (maxSendConcurrency), 20 for the other steps",
        nextStep:
          'Lower maxSendConcurrency, or request a higher quota: aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000',
      },
    ]);
  });

  it('that other functions reserve is reported with the remainder', async () => {
    const [, found] = await probe(130, 60);
    expect(found).toMatchObject({
      check: unreserved,
      ok: false,
      problem: expect.stringMatching(
        /^functions reserve 70 of the account's 130; 60 remain and 100 are needed/,
      ),
    });
  });

  it('that the send function may have reserved itself causes only a note', async () => {
    const [, found] = await probe(180, 99);
    expect(found).toMatchObject({
      ok: true,
      nextStep: expect.stringContaining('sendReservedConcurrency'),
    });
  });

  it.each([
    ['a rejection', Object.assign(new Error('no'), { name: 'AccessDeniedException' })],
    ['an answer without limits', undefined],
  ])('that is unreadable because of %s causes a note with the permission', async (_, error) => {
    const client = new LambdaClient({ region: 'us-east-1' });
    if (error) lambda.on(GetAccountSettingsCommand).rejects(error);
    else lambda.on(GetAccountSettingsCommand).resolves({});
    const found = await createQuotaProbe({ client, settings: { maxSendConcurrency: 80 } })();
    expect(found).toEqual([
      {
        check: account,
        ok: true,
        problem: expect.stringContaining("reading the account's limits failed"),
        nextStep: "Allow lambda:GetAccountSettings on * to the function's role.",
      },
    ]);
  });
});
