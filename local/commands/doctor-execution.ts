import { randomUUID } from 'node:crypto';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { type ErrorName, errorCatalogue, TransferError } from '#src/core/errors/errors.ts';
import type { Clock } from '#src/core/ports/clock.ts';
import type { Checked } from '#src/preflight/preflight.ts';
import { asOperator } from './doctor-failure.ts';

/** What the functions found, by step, as the execution's output tells it. */
export interface Preflight {
  readonly passed: number;
  readonly failed: number;
  readonly steps: Readonly<Record<string, Checked>>;
}

/** One preflight of a deployed state machine. */
export interface PreflightRun {
  readonly stateMachineArn: string;
  readonly region?: string | undefined;
  readonly clock: Clock;
  /** Told how long it takes, in seconds, now and then. */
  readonly progress: (seconds: number) => void;
}

/** Functions that start cold take seconds; a throttled one is tried again for minutes. */
const maxWaitMs = 5 * 60_000;

/** The first look, and the longest pause between two, in ms. */
const looks = { first: 500, longest: 5_000, growth: 1.5 };

/** RecordOutcome's answer is among the last few events. */
const lastEvents = 20;

/**
 * Starts a preflight, waits for its end, 5 minutes at most, and gives what was found.
 * @throws ConfigurationError - AWS can't be asked or refuses
 * @throws PreflightFailedError - it did not end in time, or its findings can't be read
 */
export async function runPreflight(run: PreflightRun): Promise<Preflight> {
  const { region, stateMachineArn } = run;
  const client = new SFNClient({ ...boundedCalls, ...(region && { region }) });
  const executionArn = await start(client, stateMachineArn);
  const end = await endOf(client, executionArn, run);
  // A failed execution may carry an output that holds no findings, as some emulators' do.
  const found =
    preflightIn(end.output) ?? preflightIn(await recordedOutput(client, executionArn, end));
  if (found) return found;
  throw unfinished(`the preflight ${executionArn} ended as ${end.status}: ${reasonOf(end)}`);
}

/** The line that is made of it ends with the same next step again. */
function reasonOf({ error, cause = '' }: DescribeExecutionCommandOutput): string {
  const said = cause.replace(errorCatalogue.PreflightFailedError.nextStep, '').trim();
  return [error, said].filter(Boolean).join(': ').replace(/\.$/, '') || 'see its history';
}

async function start(client: SFNClient, stateMachineArn: string): Promise<string> {
  const { executionArn = '' } = await asOperator('states:StartExecution', () =>
    client.send(
      new StartExecutionCommand({
        stateMachineArn,
        name: `preflight-${randomUUID()}`,
        input: JSON.stringify({ preflight: true }),
      }),
    ),
  );
  return executionArn;
}

async function endOf(
  client: SFNClient,
  executionArn: string,
  { clock, progress }: PreflightRun,
): Promise<DescribeExecutionCommandOutput> {
  const from = clock.now();
  for (let pause = looks.first; clock.now() - from < maxWaitMs; pause *= looks.growth) {
    await clock.sleep(Math.min(pause, looks.longest));
    const found = await asOperator('states:DescribeExecution', () =>
      client.send(new DescribeExecutionCommand({ executionArn })),
    );
    if (found.status !== 'RUNNING') return found;
    progress(Math.round((clock.now() - from) / 1000));
  }
  throw unfinished(`the preflight ${executionArn} still runs after ${maxWaitMs / 60_000} minutes`);
}

/**
 * A failed execution has no output; what RecordOutcome said is in its history. Who may not read that
 * still has the names, which its cause tells.
 */
async function recordedOutput(
  client: SFNClient,
  executionArn: string,
  { error }: DescribeExecutionCommandOutput,
): Promise<string | undefined> {
  if (error !== ('PreflightFailedError' satisfies ErrorName)) return undefined;
  const includeExecutionData = true;
  const ask = { executionArn, reverseOrder: true, maxResults: lastEvents, includeExecutionData };
  try {
    const { events = [] } = await client.send(new GetExecutionHistoryCommand(ask));
    const exits = events.map(({ stateExitedEventDetails }) => stateExitedEventDetails);
    return exits.find((details) => details?.name === 'RecordOutcome')?.output;
  } catch {
    return undefined;
  }
}

/** The findings in an output, or in the answer that holds one. */
function preflightIn(text: string | undefined): Preflight | undefined {
  const answer = parsed(text);
  const output = answer?.output ?? answer;
  return output?.status === 'preflight' && output.steps ? output : undefined;
}

/** Text that is cut, or none, holds nothing. */
function parsed(text = 'null') {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unfinished(message: string): TransferError {
  return new TransferError('PreflightFailedError', message);
}
