import { errorMeans } from '#src/core/errors/error-meanings.ts';
import { asTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import { type Finding, failedByError, passedCheck } from '#src/core/preflight-findings.ts';
import type { Invocation, Needs } from '#src/step-support/step.ts';

/** A preflight check. */
export interface Check {
  readonly name: string;
  /**
   * Runs the check. Returns its findings, or undefined if it passed. A rejection becomes a finding.
   * @param signal - aborted after `checkMs`
   */
  readonly run: (signal: AbortSignal) => Promise<readonly Finding[] | undefined>;
  /** The next step after a `ConfigurationError`, whose own next step is too general. */
  readonly nextStep?: string;
}

/** The timeout of one check, in ms. A healthy S3 or table answers within a second. */
const checkMs = 10_000;

/** Concurrent checks. Enough for many sources, and far below all rate limits. */
const concurrency = 8;

/**
 * Runs the checks until the call's deadline. Checks that did not run fail. Never rejects.
 * @returns the findings, in the order of the checks
 */
export async function runChecks(
  ports: Needs,
  { deadline }: Pick<Invocation, 'deadline'>,
  checks: readonly Check[],
): Promise<Finding[]> {
  const found: (readonly Finding[])[] = [];
  const queue = checks.entries();
  const work = async () => {
    for (const [i, check] of queue) found[i] = await runCheck(ports, deadline, check);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return found.flat();
}

async function runCheck(ports: Needs, deadline: number, check: Check): Promise<readonly Finding[]> {
  try {
    const ms = Math.min(checkMs, deadline - ports.clock.now());
    return (await within(ports, ms, check.run)) ?? [passedCheck(check.name)];
  } catch (thrown) {
    const error = asTransferError(thrown);
    const isGeneral = errorMeans(error, 'misconfigured');
    return [failedByError(check.name, error, isGeneral ? check.nextStep : undefined)];
  }
}

/** @throws RequestTimeoutError - the check took longer than `ms`, or no time was left */
async function within<T>(
  { clock }: Needs,
  ms: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms <= 0) throw timedOutError("the check did not run: the function's time was up");
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const stop = clock.after(ms, () => {
    const error = timedOutError(`no answer within ${Math.ceil(ms / 1000)} s`);
    late.reject(error);
    controller.abort(error);
  });
  try {
    return await Promise.race([run(controller.signal), late.promise]);
  } finally {
    stop();
  }
}

function timedOutError(message: string): TransferError {
  return new TransferError('RequestTimeoutError', message);
}
