import { getXrayTraceDataFromEnv } from '@aws-lambda-powertools/commons/utils/env';
import { sendSubsegment } from '#src/aws/trace-daemon.ts';
import { asTransferError } from '#src/core/errors/transfer-error.ts';
import type { Container } from './container.ts';
import type { CallKeys } from './log.ts';

/**
 * Traces without Powertools' Tracer. The X-Ray SDK below it adds 125 KB to each bundle, which takes
 * the bundle of SendChunks past 1 MB. It also follows every promise, which costs 5 % more CPU while
 * sending. Lambda writes the function's segment; each call adds one subsegment.
 */

/**
 * Runs a call within a subsegment of its trace. The annotations are step, transfer and, if the call
 * fails, the error's name. A call that is not sampled only runs.
 */
export type Trace = <T>(keys: CallKeys, run: () => Promise<T>) => Promise<T>;

type Annotations = Readonly<Record<string, string | boolean>>;

/** Creates the tracer of a sandbox. */
export function createTracer(container: Container): Trace {
  const { clock, env, serviceName } = container;
  // Powertools' rule: only a sandbox that starts on demand has a cold start.
  let isColdStart = env.AWS_LAMBDA_INITIALIZATION_TYPE === 'on-demand';
  return async (keys, run) => {
    const { step, transferId } = keys;
    const annotations: Annotations = {
      Service: serviceName,
      step,
      ...(transferId && { transferId }),
      ColdStart: isColdStart,
    };
    isColdStart = false;
    const startedAt = clock.now();
    try {
      const result = await run();
      await sendTrace(container, step, startedAt, annotations);
      return result;
    } catch (error) {
      const { name } = asTransferError(error);
      await sendTrace(container, step, startedAt, { ...annotations, error: name });
      throw error;
    }
  };
}

async function sendTrace(
  { clock, env, random }: Container,
  name: string,
  startedAt: number,
  annotations: Annotations,
): Promise<void> {
  const address = env.AWS_XRAY_DAEMON_ADDRESS;
  const { Root, Parent, Sampled } = getXrayTraceDataFromEnv() ?? {};
  if (!address || !Root || !Parent || Sampled !== '1') return;
  await sendSubsegment(address, {
    name,
    id: eightHexDigits(random()) + eightHexDigits(random()),
    trace_id: Root,
    parent_id: Parent,
    start_time: startedAt / 1000,
    end_time: clock.now() / 1000,
    ...('error' in annotations && { fault: true }),
    annotations,
  });
}

/** @param random - from 0 to 1, without 1 */
function eightHexDigits(random: number): string {
  return Math.floor(random * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}
