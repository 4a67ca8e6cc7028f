import { getXrayTraceDataFromEnv } from '@aws-lambda-powertools/commons/utils/env';
import { sendSubsegment } from '#src/aws/trace-daemon.ts';
import { asTransferError } from '#src/core/errors/errors.ts';
import { clock } from './clock.ts';
import { type CallKeys, serviceName } from './log.ts';
import { random } from './random.ts';

/**
 * Traces without Powertools' Tracer: the X-Ray SDK below it adds 125 KB to each bundle, which takes
 * the sending function's past 1 MB, and follows every promise, which costs 5 % more CPU while
 * sending. Lambda makes the function's own segment; all that is ours is one subsegment a call.
 */

/** As Powertools has it: the first call of a sandbox that was started for it. */
let isColdStart = process.env.AWS_LAMBDA_INITIALIZATION_TYPE === 'on-demand';

/**
 * Runs a call within a subsegment of its trace, annotated with step, transfer and, where it fails,
 * the error's name. Where the call is not sampled, and outside Lambda, it only runs.
 */
export async function traced<T>(keys: CallKeys, run: () => Promise<T>): Promise<T> {
  const annotations = { ...annotationsOf(keys), ColdStart: isColdStart };
  isColdStart = false;
  const startedAt = clock().now();
  try {
    const result = await run();
    await tell(keys.step, startedAt, annotations);
    return result;
  } catch (error) {
    await tell(keys.step, startedAt, { ...annotations, error: asTransferError(error).name });
    throw error;
  }
}

function annotationsOf({ step, transferId }: CallKeys) {
  return { Service: serviceName, step, ...(transferId && { transferId }) };
}

async function tell(
  name: string,
  startedAt: number,
  annotations: Readonly<Record<string, string | boolean>>,
): Promise<void> {
  const address = process.env.AWS_XRAY_DAEMON_ADDRESS;
  const { Root, Parent, Sampled } = getXrayTraceDataFromEnv() ?? {};
  if (!address || !Root || !Parent || Sampled !== '1') return;
  await sendSubsegment(address, {
    name,
    id: hexDigits() + hexDigits(),
    trace_id: Root,
    parent_id: Parent,
    start_time: startedAt / 1000,
    end_time: clock().now() / 1000,
    ...('error' in annotations && { fault: true }),
    annotations,
  });
}

/** Eight of them. */
function hexDigits(): string {
  return Math.floor(random()() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
