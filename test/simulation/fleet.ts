import { handler as awaitAsset } from '#functions/await-asset/handler.ts';
import { handler as confirmUpload } from '#functions/confirm-upload/handler.ts';
import { handler as dispatch } from '#functions/dispatch/handler.ts';
import { handler as inspectSource } from '#functions/inspect-source/handler.ts';
import { handler as openSession } from '#functions/open-session/handler.ts';
import { handler as reconcile } from '#functions/reconcile/handler.ts';
import { handler as recordOutcome } from '#functions/record-outcome/handler.ts';
import { handler as reportProofs } from '#functions/report-proofs/handler.ts';
import { give } from '#functions/runtime/given.ts';
import { handler as sendChunks } from '#functions/send-chunks/handler.ts';
import type { LambdaHandler } from '#local/state-machine/lambda-runtime.ts';
import type { Ports } from '#src/transfer/step.ts';
import { dispatcher, reconciler, Sandbox, type Surroundings } from './sandbox.ts';

/** The handlers that deploy, by the name of their function. */
const deployed = {
  InspectSource: inspectSource,
  OpenSession: openSession,
  SendChunks: sendChunks,
  ReportProofs: reportProofs,
  ConfirmUpload: confirmUpload,
  AwaitAsset: awaitAsset,
  RecordOutcome: recordOutcome,
  [reconciler]: reconcile,
  [dispatcher]: dispatch,
} as unknown as Readonly<Record<string, LambdaHandler>>;

/** All processes of all functions. */
export interface Fleet {
  /** The handlers, each call of one in a sandbox of its function. */
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  /** Number of the newest deployment, from 0: executions that begin from now on have it. */
  version: number;
  /** Ends every sandbox that works for an execution. */
  killAll(executionId: string): void;
  /** Ends whatever is left. */
  close(): void;
}

export function openFleet(
  around: Surroundings,
  portsOf: (sandbox: Sandbox) => Partial<Ports>,
): Fleet {
  const all: Sandbox[] = [];
  const idle = new Map<string, Sandbox[]>();
  const apart = { ...around, ...drawsOf(around) };
  const take = (name: string, executionId: string): Sandbox => {
    const surroundings = name === dispatcher ? apart : around;
    const version = around.versionOf?.(executionId) ?? fleet.version;
    const isWarm = surroundings.chance.hits(0.7);
    const warm = isWarm ? idle.get(`${name} ${version}`)?.pop() : undefined;
    if (warm) return warm;
    const sandbox = new Sandbox(name, all.length + 1, surroundings, version);
    sandbox.ports = portsOf(sandbox);
    all.push(sandbox);
    return sandbox;
  };
  const giveBack = (sandbox: Sandbox) => {
    sandbox.executionId = '';
    if (!sandbox.isAlive || sandbox.isZombie) return;
    const same = `${sandbox.functionName} ${sandbox.version}`;
    idle.set(same, [...(idle.get(same) ?? []), sandbox]);
  };
  const inSandbox = (name: string, handler: LambdaHandler): LambdaHandler => {
    return async (payload: { readonly executionId?: string }, context) => {
      const sandbox = take(name, payload.executionId ?? '');
      sandbox.begin(payload.executionId ?? '');
      // The handler takes its ports before it first waits, so that they are this sandbox's.
      give(sandbox.ports);
      const answer = handler(payload as never, context) as Promise<unknown>;
      const confirm = () => around.confirmed(sandbox.completions);
      answer.then(confirm, () => {});
      const work = answer.finally(() => giveBack(sandbox));
      return sandbox.serve(work, context.getRemainingTimeInMillis());
    };
  };
  const fleet: Fleet = {
    version: 0,
    handlers: Object.fromEntries(
      Object.entries(deployed).map(([name, handler]) => [name, inSandbox(name, handler)]),
    ),
    killAll: (executionId) => {
      for (const one of all) if (one.executionId === executionId) one.die('Runtime.ExitError');
    },
    close: () => {
      for (const one of all) one.die('the simulation is over');
    },
  };
  return fleet;
}

/** Where the dispatcher's draws come from: what it does moves no other draw. */
export function drawsOf({
  chance,
  mishaps,
  queueChance,
}: Pick<Surroundings, 'chance' | 'mishaps' | 'queueChance'>) {
  if (!queueChance) return { chance, mishaps };
  return { chance: queueChance, mishaps: mishaps.drawnFrom(queueChance) };
}
