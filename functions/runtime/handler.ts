import type { Context } from 'aws-lambda';
import type { ServiceCall } from '#src/background-work/work-through.ts';
import { asTransferError } from '#src/core/errors/transfer-error.ts';
import type { StepResult } from '#src/core/shared-with-infra/next-answers.ts';
import type { ServiceFunctionName, StepName } from '#src/core/shared-with-infra/step-names.ts';
import type { PreflightPorts } from '#src/preflight/checks.ts';
import { concludePreflight, preflight, type StepFindings } from '#src/preflight/preflight.ts';
import type { CommonPorts, Invocation } from '#src/step-support/step.ts';
import type { Container, Part } from './container.ts';
import { preflightExecution, readStepPayload, type StepPayload, startCall } from './invocation.ts';
import { type CallKeys, openCallLog } from './log.ts';
import { subjectIn } from './log-subject.ts';
import { flushMeter, meterOf } from './meter.ts';
import { createTracer } from './tracer.ts';

/** Creates the Lambda handler of a function: Lambda from its environment, a local run with overrides. */
export type HandlerFactory<O> = (
  container: Container,
) => (event: unknown, context: Context) => Promise<O>;

/** What a preflight's call returns instead of the step's result. */
type PreflightResult = StepFindings | Awaited<ReturnType<typeof concludePreflight>>;

/** The parts that a function needs, by the name of the port that each becomes. */
type Parts = {
  readonly [K in Exclude<keyof PreflightPorts, keyof CommonPorts>]?: Part<
    NonNullable<PreflightPorts[K]>
  >;
};

/** The ports that the parts become. */
type PortsOf<P extends Parts> = CommonPorts & {
  readonly [K in keyof P]: P[K] extends Part<infer T> ? T : never;
};

/** What one call does, as far as its event decides it. */
interface CallPlan<P extends Parts, O> {
  readonly keys: CallKeys;
  readonly isPreflight: boolean;
  run(ports: PortsOf<P>, call: ServiceCall): Promise<O>;
}

/**
 * Creates the handler of a step. It reads the state machine's payload and passes the step its ports
 * and its time. Every error that leaves it has a name from the catalogue, which the state machine
 * sees. A preflight's call checks the ports and moves nothing.
 */
export function createStepHandler<S extends StepName, P extends Parts, O extends StepResult<S>>(
  step: S,
  run: (ports: NoInfer<PortsOf<P>>, state: unknown, invocation: Invocation) => Promise<O>,
  parts: P,
): HandlerFactory<O | PreflightResult> {
  return createHandlerFactory<P, O | PreflightResult>(parts, 'step failed', (event, { clock }) => {
    const payload = readStepPayload(event);
    const isPreflight = payload.preflight === true;
    return {
      keys: { step, ...subjectIn(payload) },
      isPreflight,
      run: async (ports, call) => {
        const invocation = invocationOf(payload, call, clock.now());
        return isPreflight
          ? preflightStep(step, ports as PreflightPorts, payload.state, invocation)
          : run(ports, payload.state, invocation);
      },
    };
  });
}

/**
 * Creates the handler of the reconciler or the dispatcher. They are called with events and belong to
 * no execution. A preflight's call checks the ports and changes nothing.
 */
export function createReconcilerHandler<P extends Parts, O>(
  name: ServiceFunctionName,
  run: (ports: NoInfer<PortsOf<P>>, event: unknown, call: ServiceCall) => Promise<O>,
  parts: P,
): HandlerFactory<O | StepFindings> {
  return createHandlerFactory<P, O | StepFindings>(parts, 'call failed', (event, { clock }) => {
    const executionId = preflightExecution(event);
    return {
      keys: { step: name },
      isPreflight: executionId !== undefined,
      run: async (ports, call) => {
        if (executionId === undefined) return run(ports, event, call);
        const invocation = { ...call, executionId, executionStartedAt: clock.now() };
        return preflight(name, ports as PreflightPorts, invocation);
      },
    };
  });
}

/** @param failureMessage - the log line of a call that fails */
function createHandlerFactory<P extends Parts, O>(
  parts: P,
  failureMessage: string,
  planCall: (event: unknown, container: Container) => CallPlan<P, O>,
): HandlerFactory<O> {
  return (container) => {
    const trace = createTracer(container);
    return async (event, context) => {
      const { keys, isPreflight, run } = planCall(event, container);
      // A preflight checks the secret and the settings of now. A cached key would hide a wrong secret.
      if (isPreflight) container.reset();
      const { call, end } = startCall(container.clock, context);
      const log = openCallLog(container, keys, context);
      try {
        const ports = { ...commonPorts(container), log, ...portsOf(container, parts) };
        return await trace(keys, () => run(ports as PortsOf<P>, call));
      } catch (thrown) {
        const error = asTransferError(thrown);
        const { name, message, nextStep } = error;
        log.error(failureMessage, { error: name, reason: message, nextStep });
        throw error;
      } finally {
        end();
        flushMeter(container);
      }
    };
  };
}

function commonPorts(container: Container): Omit<CommonPorts, 'log'> {
  const { clock, random } = container;
  return { clock, random, meter: meterOf(container) };
}

function portsOf(container: Container, parts: Parts): object {
  const built = Object.entries(parts).map(([name, part]) => [name, container.get<unknown>(part)]);
  return Object.fromEntries(built);
}

/** Runs a step's part of a preflight. RecordOutcome concludes it. */
function preflightStep(
  step: StepName,
  ports: PreflightPorts,
  state: unknown,
  invocation: Invocation,
): Promise<PreflightResult> {
  return step === 'RecordOutcome'
    ? concludePreflight(ports, state, invocation)
    : preflight(step, ports, invocation);
}

function invocationOf(payload: StepPayload, call: ServiceCall, now: number): Invocation {
  const { executionId, startedAt, input } = payload;
  return {
    ...call,
    executionId,
    executionInput: input,
    // An unreadable time must not end the transfer: it then counts as one that starts now.
    executionStartedAt: Date.parse(startedAt ?? '') || now,
  };
}
