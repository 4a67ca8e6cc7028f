import { GetAccountSettingsCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  type Finding,
  failedCheck,
  type Probes,
  passedCheck,
  skippedCheck,
} from '#src/core/preflight-findings.ts';
import type { Settings } from '#src/core/settings.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface QuotaProbeOptions {
  readonly client: LambdaClient;
  readonly settings: Pick<Settings, 'maxSendConcurrency'>;
}

/** Lambda's quota of concurrent executions in an account and Region (Service Quotas, 2026). */
const quotaCode = 'L-B99A9384';

/** Lambda's default quota; new accounts may begin with 10 (AWS Lambda quotas, 2026). */
const usualQuota = 1_000;

/** Concurrent calls of the other steps and the reconciler, each about a second long. */
const otherCalls = 20;

const checks = {
  account: `quota: Lambda's concurrent executions of the account (${quotaCode})`,
  unreserved: "quota: Lambda's concurrent executions that no function reserves",
};

/** Creates a check that compares this account's and Region's Lambda concurrency with the sends' need. */
export function createQuotaProbe({ client, settings }: QuotaProbeOptions): Probes['quotas'] {
  return async () => {
    try {
      const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
      const { ConcurrentExecutions, UnreservedConcurrentExecutions } = AccountLimit ?? {};
      if (ConcurrentExecutions === undefined) return [unreadable('Lambda returned no limit')];
      const unreserved = UnreservedConcurrentExecutions ?? ConcurrentExecutions;
      return compare(settings.maxSendConcurrency, ConcurrentExecutions, unreserved);
    } catch (error) {
      return [unreadable(describeSdkFailure(sdkFailure(error)))];
    }
  };
}

function compare(sends: number, all: number, unreserved: number): Finding[] {
  const needed = sends + otherCalls;
  if (all < needed) {
    const problem = `the account's limit is ${all} concurrent functions; ${needed} are needed: ${needs(sends)}`;
    return [failedCheck(checks.account, problem, raise(needed))];
  }
  return [passedCheck(checks.account), compareUnreserved(sends, all, unreserved)];
}

/** Compares the unreserved part. The reserved part may be the send function's own, which this role cannot read. */
function compareUnreserved(sends: number, all: number, unreserved: number): Finding {
  const needed = sends + otherCalls;
  if (unreserved >= needed) return passedCheck(checks.unreserved);
  const problem = `functions reserve ${all - unreserved} of the account's ${all}; ${unreserved} remain and ${needed} are needed: ${needs(sends)}`;
  const mayBeOurs = all - unreserved >= sends && unreserved >= otherCalls;
  return mayBeOurs
    ? skippedCheck(
        checks.unreserved,
        problem,
        `Nothing if the send function reserves ${sends} or more of them (sendReservedConcurrency). Otherwise: ${raise(needed + all - unreserved)}`,
      )
    : failedCheck(checks.unreserved, problem, raise(needed + all - unreserved));
}

function needs(sends: number): string {
  return `${sends} for sending (maxSendConcurrency), ${otherCalls} for the other steps`;
}

function raise(needed: number): string {
  const value = Math.max(needed, usualQuota);
  return `Lower maxSendConcurrency, or request a higher quota: aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${quotaCode} --desired-value ${value}`;
}

function unreadable(reason: string): Finding {
  const problem = `reading the account's limits failed: ${reason}`;
  const nextStep = "Allow lambda:GetAccountSettings on * to the function's role.";
  return skippedCheck(checks.account, problem, nextStep);
}
