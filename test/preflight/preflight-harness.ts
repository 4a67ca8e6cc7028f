import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { Source } from '#src/core/source/sources.ts';
import type { RecordOutcomeResult } from '#src/outcome/outcome.ts';
import type { PreflightPorts } from '#src/preflight/checks.ts';
import { concludePreflight, preflight, type StepFindings } from '#src/preflight/preflight.ts';
import { invocationOf } from '../harness/invocation.ts';
import { json, StepHarness } from '../harness/step-harness.ts';

export const executionId = 'execution-a';

/** The ports of a preflight in which every check passes, and its calls. */
export interface PreflightHarness {
  readonly harness: StepHarness;
  readonly ports: PreflightPorts;
  /** The calls of the source probe. */
  readonly probed: { readonly source: Source; readonly withEventNotifications: boolean }[];
  /** Checks one function. */
  check(step: FunctionName, ownPorts?: PreflightPorts, lengthMs?: number): Promise<StepFindings>;
  conclude(state: object, ownPorts?: PreflightPorts): Promise<RecordOutcomeResult>;
}

export async function openPreflight(): Promise<PreflightHarness> {
  const harness = await StepHarness.create();
  const probed: PreflightHarness['probed'] = [];
  harness.doubles.executions.states.set(executionId, 'running');
  const listUnfinished = async () => ({ sessions: [], truncated: false });
  const ports: PreflightPorts = {
    ...harness.ports,
    destination: { ...harness.ports.destination, listUnfinished },
    probes: {
      source: async (source, { withEventNotifications }) => {
        probed.push({ source, withEventNotifications });
        return [{ check: `list ${source.bucket}`, ok: true }];
      },
      quotas: async () => [{ check: 'quota', ok: true }],
    },
  };
  return {
    ...{ harness, ports, probed },
    check: (step, ownPorts = ports, lengthMs = 55_000) => {
      const invocation = invocationOf(harness.doubles, { executionId, lengthMs });
      return preflight(step, ownPorts, invocation).finally(invocation.close);
    },
    conclude: (state, ownPorts = ports) => {
      const invocation = invocationOf(harness.doubles, { executionId });
      return concludePreflight(ownPorts, json(state), invocation).finally(invocation.close);
    },
  };
}

/** Returns a method that throws this error. */
export function failing(error: TransferError) {
  return async () => {
    throw error;
  };
}
