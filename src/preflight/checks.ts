import { TransferError } from '#src/core/errors/transfer-error.ts';
import { failedCheck, type Probes, skippedCheck } from '#src/core/preflight-findings.ts';
import { hasPermission, type Permission } from '#src/core/shared-with-infra/permissions.ts';
import type { FunctionName } from '#src/core/shared-with-infra/step-names.ts';
import type { Source } from '#src/core/source/sources.ts';
import type { CommonPorts, Invocation, Ports } from '#src/step-support/step.ts';
import type { Check } from './run-checks.ts';

/** The ports of a function. They determine its checks, together with its permissions. */
export type PreflightPorts = CommonPorts &
  Partial<Ports> & { readonly probes?: Partial<Probes> | undefined };

/** The id of the rows that the checks use. No execution, transfer or session has it. */
const probeId = 'preflight';

/** Returns all checks of a function. */
export function checksOf(
  step: FunctionName,
  ports: PreflightPorts,
  invocation: Invocation,
): Check[] {
  const needs = ports.destination?.traits;
  const has = (permission: Permission) => hasPermission(step, permission, needs);
  return [
    ...rowChecks(ports, has('writeRows')),
    ...queueChecks(ports, has('deleteRows')),
    ...(has('listRows') ? indexChecks(ports) : []),
    ...(has('callService') ? serviceChecks(ports) : []),
    ...eventChecks(ports, step, invocation),
    ...executionChecks(ports, invocation),
    ...(has('readSources') ? sourceChecks(ports, has('checkBuckets')) : []),
    ...(has('checkQuotas') ? quotaChecks(ports) : []),
  ];
}

/** Returns a check of one DynamoDB action. */
function rowCheck(action: string, purpose: string, call: () => Promise<unknown>): Check {
  const permission = `dynamodb:${action}`;
  return {
    name: `table: ${purpose} (${permission})`,
    nextStep: `Check that the table exists, and allow ${permission} on it to the function's role.`,
    run: async () => {
      await call();
      return undefined;
    },
  };
}

function rowChecks({ store, clock }: PreflightPorts, writes: boolean): Check[] {
  if (!store) return [];
  const write = rowCheck('PutItem', 'write a row', () => store.recordExecution(probeId, probeId));
  return [
    ...(writes ? [write] : []),
    rowCheck('GetItem', 'read a row', () => store.transferOfExecution(probeId)),
    rowCheck('Query', 'read several rows', () => store.sessions(probeId)),
    // No such transfer exists, so the condition prevents the write.
    rowCheck('UpdateItem', 'change a row', () => store.patchTransfer(probeId, 0, {}, clock.now())),
  ];
}

function queueChecks({ queue }: PreflightPorts, deletes: boolean): Check[] {
  if (!queue) return [];
  const rates = rowCheck('GetItem', 'read the shared call rates', () => queue.sharedRates());
  if (!deletes) return [rates];
  // Tickets begin at 1, so this deletes nothing.
  const ticket = { priority: 'live', number: 0, fence: 0 } as const;
  return [rates, rowCheck('DeleteItem', 'delete a row', () => queue.removeTicket(ticket))];
}

function indexChecks({ store, clock }: PreflightPorts): Check[] {
  if (!store) return [];
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  return [
    rowCheck('Query', 'list transfers by state', () =>
      firstOf(store.listTransfers('active', today)),
    ),
    rowCheck('Query', 'list unpublished outcomes', () => firstOf(store.listUnpublished())),
  ];
}

async function firstOf(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows) return;
}

/** Makes a call that needs the secret, the key and the service, and creates nothing. */
function serviceChecks({ destination }: PreflightPorts): Check[] {
  if (!destination) return [];
  const name = 'service: call it with the API key';
  const run = async (signal: AbortSignal) => {
    if (destination.checkAccess || destination.listUnfinished) {
      await (destination.checkAccess?.({ signal }) ?? destination.listUnfinished?.({ signal }));
      return undefined;
    }
    const problem = 'the API key was not checked: every call of this destination creates something';
    return [skippedCheck(name, problem, 'Start one transfer to check the key.')];
  };
  const nextStep =
    "Put the API key into its secret, and allow secretsmanager:GetSecretValue on it to the function's role.";
  return [{ name, run, nextStep }];
}

function eventChecks(
  { events, clock }: PreflightPorts,
  step: string,
  { executionId }: Invocation,
): Check[] {
  if (!events) return [];
  const run = async () => {
    await events.publish({
      type: 'Preflight Checked',
      detail: { step, execution: executionId },
      at: clock.now(),
    });
    return undefined;
  };
  return [{ name: 'event bus: put an event (events:PutEvents)', run }];
}

function executionChecks({ executions }: PreflightPorts, { executionId }: Invocation): Check[] {
  if (!executions) return [];
  const name = 'state machine: ask for an execution (states:DescribeExecution)';
  const run = async () => {
    const status = await executions.statusOf(executionId);
    if (status === 'running') return undefined;
    const problem = `the status of the running execution ${executionId} is ${status}`;
    const nextStep =
      "Allow states:DescribeExecution on the state machine's executions to the function's role.";
    return [failedCheck(name, problem, nextStep)];
  };
  return [{ name, run }];
}

/** Checks the event settings of a bucket only once, with its first source. */
function sourceChecks({ settings, probes }: PreflightPorts, checksBuckets: boolean): Check[] {
  const probe = probes?.source;
  if (!settings || !probe) return [];
  const { list } = settings.sources;
  if (list.length === 0) return [noSourceCheck];
  return list.map((source, i) => ({
    name: `source: bucket ${source.bucket}`,
    run: () =>
      probe(source, {
        withEventNotifications:
          checksBuckets && list.findIndex((one) => isSameBucket(one, source)) === i,
      }),
  }));
}

function isSameBucket(a: Source, b: Source): boolean {
  return a.bucket === b.bucket && a.account === b.account;
}

const noSourceCheck: Check = {
  name: 'sources: at least one is configured',
  nextStep: 'Add a bucket to the configured sources and deploy.',
  run: async () => {
    throw new TransferError(
      'ConfigurationError',
      'no source is configured, so every start would be rejected',
    );
  },
};

function quotaChecks({ probes }: PreflightPorts): Check[] {
  const probe = probes?.quotas;
  return probe ? [{ name: 'quotas: compare with the settings', run: () => probe() }] : [];
}
