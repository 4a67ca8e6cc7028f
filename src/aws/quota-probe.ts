import { GetAccountSettingsCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type Finding, missing, type Probes, passed, untold } from '#src/core/stack/preflight.ts';
import type { Settings } from '#src/core/stack/settings.ts';
import { describeSdkFailure, sdkFailure } from './sdk-failure.ts';

export interface QuotaProbeOptions {
  readonly client: LambdaClient;
  readonly settings: Pick<Settings, 'maxSendConcurrency'>;
}

/** Lambda's quota of concurrent executions in an account and Region (Service Quotas, 2026). */
const quotaCode = 'L-B99A9384';

/** What Lambda gives by default; new accounts begin with as few as 10 (AWS Lambda quotas, 2026). */
const usualQuota = 1_000;

/** Calls of the other steps and the reconciler at once: each lasts a second or so. */
const otherCalls = 20;

const checks = {
  account: `quota: Lambda's concurrent executions of the account (${quotaCode})`,
  unreserved: "quota: Lambda's concurrent executions that no function reserves",
};

/** Compares what Lambda may run at once in this account and Region with what the sends may take. */
export function createQuotaProbe({ client, settings }: QuotaProbeOptions): Probes['quotas'] {
  return async () => {
    try {
      const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
      const { ConcurrentExecutions, UnreservedConcurrentExecutions } = AccountLimit ?? {};
      if (ConcurrentExecutions === undefined) return [notTold('Lambda named no limit')];
      const unreserved = UnreservedConcurrentExecutions ?? ConcurrentExecutions;
      return compare(settings.maxSendConcurrency, ConcurrentExecutions, unreserved);
    } catch (error) {
      return [notTold(describeSdkFailure(sdkFailure(error)))];
    }
  };
}

function compare(sends: number, all: number, unreserved: number): Finding[] {
  const needed = sends + otherCalls;
  if (all < needed) {
    const problem = `the account may run ${all} functions at once; ${needed} are needed: ${needs(sends)}`;
    return [missing(checks.account, problem, raise(needed))];
  }
  return [passed(checks.account), compareUnreserved(sends, all, unreserved)];
}

/** What is reserved may be the send function's own part, of which this function knows nothing. */
function compareUnreserved(sends: number, all: number, unreserved: number): Finding {
  const needed = sends + otherCalls;
  if (unreserved >= needed) return passed(checks.unreserved);
  const problem = `${all - unreserved} of the account's ${all} are reserved by functions; ${unreserved} are left and ${needed} are needed: ${needs(sends)}`;
  const mayBeOurs = all - unreserved >= sends && unreserved >= otherCalls;
  return mayBeOurs
    ? untold(
        checks.unreserved,
        problem,
        `Nothing, if the send function reserves ${sends} or more of them (sendReservedConcurrency). Else: ${raise(needed + all - unreserved)}`,
      )
    : missing(checks.unreserved, problem, raise(needed + all - unreserved));
}

function needs(sends: number): string {
  return `${sends} for sending (maxSendConcurrency), ${otherCalls} for the other steps`;
}

function raise(needed: number): string {
  const value = Math.max(needed, usualQuota);
  return `Lower maxSendConcurrency, or ask for more: aws service-quotas request-service-quota-increase --service-code lambda --quota-code ${quotaCode} --desired-value ${value}`;
}

function notTold(why: string): Finding {
  const problem = `the account's limits could not be looked at: ${why}`;
  const nextStep = "Allow lambda:GetAccountSettings on * to the function's role.";
  return untold(checks.account, problem, nextStep);
}
