import type { ExecutionHandle } from '#local/state-machine/run.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import { MemorySource } from '../../doubles/memory/memory-source.ts';
import { drawFaults } from '../../simulation/faults/fault-classes.ts';
import { chanceOf } from '../../simulation/harness/chance.ts';
import type { SandboxEnvironment } from '../../simulation/harness/sandbox.ts';
import { openTables } from '../../simulation/invariants/checked-store.ts';
import { checkEnd } from '../../simulation/invariants/requests-and-ends.ts';
import { openViolationLog } from '../../simulation/invariants/violations.ts';
import type { Execution } from '../../simulation/load/executions.ts';
import { openService } from '../../simulation/load/service.ts';
import type { Simulation } from '../../simulation/load/simulation.ts';
import { openTrace } from '../../simulation/trace.ts';

/** Size of a chunk, in bytes: small, for films of many chunks and few bytes. */
export const chunkSizeBytes = 96;

/** The time the service needs to make an asset of a complete upload, in ms. */
const processingMs = 9_000;

/** Returns an environment without random faults. */
export function faultlessEnvironment(): SandboxEnvironment {
  const chance = chanceOf(1);
  const faults = drawFaults({
    chance,
    reported: chance,
    s3: chance,
    table: chance,
    queue: chance,
  });
  faults.disable();
  const ignore = () => {};
  const calls = { killRun: ignore, abortRun: ignore, confirmed: ignore };
  return { chance, faults, trace: openTrace(), latency: 0, ...calls };
}

/** Returns the parts of a simulation that the invariant checks read: its doubles, without faults. */
export async function openObservedSimulation({
  chance,
  faults,
}: SandboxEnvironment): Promise<Simulation> {
  const service = await openService(1, chance, faults);
  Object.assign(service.context.switches, {
    chunkSizeBytes,
    initialUrls: 1,
    assetReadyAfterMs: processingMs,
    rateLimit: undefined,
    maxActiveSessions: Number.POSITIVE_INFINITY,
  });
  const simulation: Partial<Simulation> = {
    service,
    chance,
    violations: openViolationLog(),
    objects: new MemorySource(),
    tables: openTables(),
    executions: { all: new Map<string, Execution>() } as Simulation['executions'],
    events: [] as TransferEvent[],
    captured: { logged: [], history: [] },
    duplicates: new Set<string>(),
    misread: new Set<string>(),
    orphans: { counted: 0 },
  };
  return simulation as Simulation;
}

/** Adds an execution and checks it at its end. A redriven execution continues under its name. */
export function addExecution(
  simulation: Simulation,
  handle: ExecutionHandle,
  input: unknown,
): void {
  const id = handle.executionArn;
  const runsSince = Date.now();
  const first = simulation.executions.all.get(id) ?? { input, startedAt: runsSince, version: 0 };
  const unreconciled = { hasNoStatusEvent: true, isEndReconciled: false };
  const execution: Execution = {
    ...first,
    id,
    runsSince,
    handle,
    ...unreconciled,
    result: undefined,
  };
  simulation.executions.all.set(id, execution);
  void handle.result.then((result) => {
    execution.result = result;
    checkEnd(simulation, execution);
  });
}
