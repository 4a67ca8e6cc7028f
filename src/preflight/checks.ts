import { TransferError } from '#src/core/errors/errors.ts';
import type { Source } from '#src/core/source/sources.ts';
import { failedCheck, type Probes, skippedCheck } from '#src/core/stack/preflight.ts';
import type { CommonPorts, Invocation, Ports } from '#src/transfer/step.ts';
import type { Check } from './run-checks.ts';

/** What a step is given, and with it what its role must be able to do. */
export type PreflightPorts = CommonPorts &
  Partial<Ports> & { readonly probes?: Partial<Probes> | undefined };

/**
 * What a step's role is for, where its ports alone do not tell: a port has more methods than each
 * step uses, and no role may do more than its step needs.
 */
export const duties = {
  /** Calls the service with the API key; InspectSource asks the same port for limits only. */
  callsService: [
    'OpenSession',
    'SendChunks',
    'ReportProofs',
    'ConfirmUpload',
    'AwaitAsset',
    'Reconcile',
  ],
  /** Reads the sources' objects. */
  readsSources: ['InspectSource', 'SendChunks'],
  /** Looks at the buckets' switches and the account's quotas, for all. */
  looksAround: ['InspectSource'],
  /** Makes whole rows: transfers, sessions, proofs, refused starts; the others change what is there. */
  writesRows: ['OpenSession', 'SendChunks', 'RecordOutcome', 'Reconcile', 'Dispatch'],
  /** Releases slots and tickets, which deletes rows. */
  deletesRows: ['OpenSession', 'ConfirmUpload', 'RecordOutcome', 'Reconcile', 'Dispatch'],
  /** Lists by the table's indexes. */
  listsRows: ['Reconcile'],
} as const satisfies Record<string, readonly string[]>;

/** The id under which rows are tried: no execution, transfer or session is called so. */
const probeId = 'preflight';

/** Everything to try with a step's ports. */
export function checksOf(step: string, ports: PreflightPorts, invocation: Invocation): Check[] {
  const does = (duty: keyof typeof duties) => (duties[duty] as readonly string[]).includes(step);
  return [
    ...rowChecks(ports, does('writesRows')),
    ...queueChecks(ports, does('deletesRows')),
    ...(does('listsRows') ? indexChecks(ports) : []),
    ...(does('callsService') ? serviceChecks(ports) : []),
    ...eventChecks(ports, step, invocation),
    ...executionChecks(ports, invocation),
    ...(does('readsSources') ? sourceChecks(ports, does('looksAround')) : []),
    ...(does('looksAround') ? quotaChecks(ports) : []),
  ];
}

/** One try of the table by the action that it needs. */
function rowCheck(action: string, what: string, call: () => Promise<unknown>): Check {
  const permission = `dynamodb:${action}`;
  return {
    name: `table: ${what} (${permission})`,
    nextStep: `Check that the table exists and that the function's role is allowed ${permission} on it.`,
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
    // There is no such transfer, so the condition refuses what the permission allows.
    rowCheck('UpdateItem', 'change a row', () => store.patchTransfer(probeId, 0, {}, clock.now())),
  ];
}

function queueChecks({ queue }: PreflightPorts, deletes: boolean): Check[] {
  if (!queue) return [];
  const rates = rowCheck('GetItem', 'read the shared call rates', () => queue.sharedRates());
  if (!deletes) return [rates];
  // Tickets begin at 1.
  const none = { priority: 'live', number: 0, fence: 0 } as const;
  return [rates, rowCheck('DeleteItem', 'delete a row', () => queue.removeTicket(none))];
}

function indexChecks({ store, clock }: PreflightPorts): Check[] {
  if (!store) return [];
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  return [
    rowCheck('Query', 'list transfers by state', () =>
      firstOf(store.listTransfers('active', today)),
    ),
    rowCheck('Query', 'list unconfirmed events', () => firstOf(store.listUnpublished())),
  ];
}

async function firstOf(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows) return;
}

/** Listing needs the secret, the key and the service, and makes nothing. */
function serviceChecks({ destination }: PreflightPorts): Check[] {
  if (!destination) return [];
  const name = 'service: call it with the API key';
  const run = async (signal: AbortSignal) => {
    if (destination.listUnfinished) {
      await destination.listUnfinished({ signal });
      return undefined;
    }
    const problem = 'this destination has no call that makes nothing, so the key was not tried';
    return [skippedCheck(name, problem, 'Start one transfer to try the key.')];
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
    const problem = `this execution, ${executionId}, runs but is told to be ${status}`;
    const nextStep =
      "Allow states:DescribeExecution on the state machine's executions to the function's role.";
    return [failedCheck(name, problem, nextStep)];
  };
  return [{ name, run }];
}

/** A bucket may have several sources; its switch is looked at with the first. */
function sourceChecks({ settings, probes }: PreflightPorts, looksAround: boolean): Check[] {
  const probe = probes?.source;
  if (!settings || !probe) return [];
  const { list } = settings.sources;
  if (list.length === 0) return [noSourceCheck];
  return list.map((source, i) => ({
    name: `source: bucket ${source.bucket}`,
    run: () =>
      probe(source, {
        withEventNotifications: looksAround && list.findIndex((one) => isSameBucket(one, source)) === i,
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
      'no source is configured, so every object would be refused',
    );
  },
};

function quotaChecks({ probes }: PreflightPorts): Check[] {
  const probe = probes?.quotas;
  return probe ? [{ name: 'quotas: compare with the settings', run: () => probe() }] : [];
}
