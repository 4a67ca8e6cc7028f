import { randomUUID } from 'node:crypto';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { operatorFailure } from '#src/aws/operator-failure.ts';
import { type ErrorName, errorCatalogue } from '#src/core/errors/error-lookup.ts';
import { isTransferError, TransferError } from '#src/core/errors/transfer-error.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import { checkStateOf } from '#src/core/shared-with-infra/step-names.ts';
import type { StepFindings } from '#src/preflight/preflight.ts';
import type { OperatorClients } from './checked-stack.ts';

/** The report: the execution's output, with the findings of each function. */
export interface Preflight {
  readonly passed: number;
  readonly failed: number;
  readonly steps: Readonly<Record<string, StepFindings>>;
}

/** The parameters of one run of a deployed preflight. */
export interface PreflightRun {
  /** The state machine of the preflight. */
  readonly stateMachineArn: string;
  readonly clients: OperatorClients;
  readonly clock: Clock;
  /** Called repeatedly with the elapsed seconds. */
  readonly progress: (seconds: number) => void;
}

/** A cold start takes seconds. A throttled function is retried for minutes. */
const maxWaitMs = 5 * 60_000;

/** The first and the longest wait between two polls, in ms. */
const polls = { first: 500, longest: 5_000, growth: 1.5 };

/** Number of events to read: the conclusion is among the last few. */
const lastEvents = 20;

/**
 * Starts a preflight, waits up to 5 minutes for its end, and returns its findings.
 * @throws ConfigurationError - a call of AWS failed
 * @throws PreflightFailedError - it did not end in time, or its findings are not readable
 */
export async function runPreflight(run: PreflightRun): Promise<Preflight> {
  const { clients, stateMachineArn } = run;
  const client = new SFNClient(clients);
  const executionArn = await start(client, stateMachineArn);
  const end = await endOf(client, executionArn, run);
  // In some emulators, a failed execution has an output without findings.
  const found =
    preflightIn(end.output) ?? preflightIn(await recordedOutput(client, executionArn, end));
  if (found) return found;
  throw unfinishedError(`The preflight ${executionArn} ended as ${end.status}: ${reasonOf(end)}`);
}

/** Returns error and cause without the next step, which the printed line adds. */
function reasonOf({ error, cause = '' }: DescribeExecutionCommandOutput): string {
  const reason = cause.replace(errorCatalogue.PreflightFailedError.nextStep, '').trim();
  return [error, reason].filter(Boolean).join(': ').replace(/\.$/, '') || 'see its history';
}

async function start(client: SFNClient, stateMachineArn: string): Promise<string> {
  const { executionArn = '' } = await callAsFinding('states:StartExecution', () =>
    client.send(
      new StartExecutionCommand({
        stateMachineArn,
        name: `preflight-${randomUUID()}`,
        input: '{}',
      }),
    ),
  );
  return executionArn;
}

/**
 * Calls Step Functions.
 * @throws ConfigurationError - what failed, for a finding, which adds the next step
 */
async function callAsFinding<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isTransferError(error)) throw error;
    const { summary } = operatorFailure(action, error);
    throw new TransferError('ConfigurationError', summary, { cause: error });
  }
}

async function endOf(
  client: SFNClient,
  executionArn: string,
  { clock, progress }: PreflightRun,
): Promise<DescribeExecutionCommandOutput> {
  const from = clock.now();
  for (let wait = polls.first; clock.now() - from < maxWaitMs; wait *= polls.growth) {
    await clock.sleep(Math.min(wait, polls.longest));
    const found = await callAsFinding('states:DescribeExecution', () =>
      client.send(new DescribeExecutionCommand({ executionArn })),
    );
    if (found.status !== 'RUNNING') return found;
    progress(Math.round((clock.now() - from) / 1000));
  }
  throw unfinishedError(
    `The preflight ${executionArn} is still running after ${maxWaitMs / 60_000} minutes`,
  );
}

/**
 * Reads the conclusion from the history, since a failed execution has no output. Returns
 * undefined without permission for the history. The execution's cause still names the failed checks.
 */
async function recordedOutput(
  client: SFNClient,
  executionArn: string,
  { error }: DescribeExecutionCommandOutput,
): Promise<string | undefined> {
  if (error !== ('PreflightFailedError' satisfies ErrorName)) return undefined;
  const includeExecutionData = true;
  const query = { executionArn, reverseOrder: true, maxResults: lastEvents, includeExecutionData };
  try {
    const { events = [] } = await client.send(new GetExecutionHistoryCommand(query));
    const exits = events.map(({ stateExitedEventDetails }) => stateExitedEventDetails);
    return exits.find((details) => details?.name === checkStateOf('RecordOutcome'))?.output;
  } catch {
    return undefined;
  }
}

/** Returns the findings in an output, or in an answer that contains an output. */
function preflightIn(text: string | undefined): Preflight | undefined {
  const answer = parse(text);
  const output = answer?.output ?? answer;
  return output?.status === 'preflight' && output.steps ? output : undefined;
}

/** Parses JSON. Returns undefined for incomplete text. */
function parse(text = 'null') {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unfinishedError(message: string): TransferError {
  return new TransferError('PreflightFailedError', message);
}
