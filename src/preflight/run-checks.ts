import { asTransferError, type ErrorName, TransferError } from '#src/core/errors/errors.ts';
import { type Finding, failedByError, passedCheck } from '#src/core/stack/preflight.ts';
import type { Invocation, Needs } from '#src/transfer/step.ts';

/** One thing to try. */
export interface Check {
  readonly name: string;
  /**
   * Passes where nothing comes back; what rejects is a finding by the error's name.
   * @param signal - aborted when the check has taken too long
   */
  readonly run: (signal: AbortSignal) => Promise<readonly Finding[] | undefined>;
  /** What to do where the error is a `ConfigurationError`, whose own next step is a general one. */
  readonly nextStep?: string;
}

/** How long one check may take, in ms: S3 and the table answer within a second, or are not well. */
const checkMs = 10_000;

/** Checks under way at once: enough for many sources, and far from anybody's rate limit. */
const atOnce = 8;

/**
 * Runs the checks, each bounded in time and caught by itself, until the call's time is up; what was
 * not reached by then is told. Never rejects.
 * @returns their findings, in the order of the checks
 */
export async function runChecks(
  ports: Needs,
  { deadline }: Pick<Invocation, 'deadline'>,
  checks: readonly Check[],
): Promise<Finding[]> {
  const found: (readonly Finding[])[] = [];
  const queue = checks.entries();
  const work = async () => {
    for (const [i, check] of queue) found[i] = await tried(ports, deadline, check);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found.flat();
}

async function tried(ports: Needs, deadline: number, check: Check): Promise<readonly Finding[]> {
  try {
    const ms = Math.min(checkMs, deadline - ports.clock.now());
    return (await within(ports, ms, check.run)) ?? [passedCheck(check.name)];
  } catch (thrown) {
    const error = asTransferError(thrown);
    const isOurs = error.name === ('ConfigurationError' satisfies ErrorName);
    return [failedByError(check.name, error, isOurs ? check.nextStep : undefined)];
  }
}

/** @throws RequestTimeoutError - it took longer, or there was no time left for it */
async function within<T>(
  { clock }: Needs,
  ms: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (ms <= 0) throw timedOut("was not tried: the function's time was up");
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const stop = clock.after(ms, () => {
    const error = timedOut(`gave no answer within ${Math.ceil(ms / 1000)} s`);
    late.reject(error);
    controller.abort(error);
  });
  try {
    return await Promise.race([run(controller.signal), late.promise]);
  } finally {
    stop();
  }
}

function timedOut(message: string): TransferError {
  return new TransferError('RequestTimeoutError', message);
}
