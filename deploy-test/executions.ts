import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { waitFor } from './waiting.ts';

/** An execution that has ended. */
export interface Ended {
  readonly status: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** The execution's output; empty where it failed. */
  readonly output: Readonly<Record<string, unknown>>;
}

const startSeconds = 20;
const endSeconds = 120;

/** Starts one as a person does from the console; gives its ARN. */
export async function startExecution(
  sfn: SFNClient,
  stateMachineArn: string,
  input: object,
): Promise<string> {
  const start = { stateMachineArn, input: JSON.stringify(input) };
  const { executionArn } = await sfn.send(new StartExecutionCommand(start));
  return executionArn ?? '';
}

/** The one execution whose input speaks of the key, as soon as something has started it. */
export function executionFor(
  sfn: SFNClient,
  stateMachineArn: string,
  key: string,
): Promise<string> {
  return waitFor(`an execution for ${JSON.stringify(key)}`, startSeconds, async () => {
    const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    for (const { executionArn } of executions) {
      const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      if (input?.includes(JSON.stringify(key))) return executionArn;
    }
    return undefined;
  });
}

/** Waits until it has ended. */
export function endOf(sfn: SFNClient, executionArn: string): Promise<Ended> {
  return waitFor(`the end of ${executionArn}`, endSeconds, async () => {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    const { status = '', error, cause, output } = found;
    if (status === 'RUNNING') return undefined;
    return { status, error, cause, output: JSON.parse(output ?? '{}') };
  });
}

export async function isRunning(sfn: SFNClient, executionArn: string): Promise<boolean> {
  const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return status === 'RUNNING';
}

/** Function versions that the newest definition names, sorted. */
export async function versionsInDefinition(
  sfn: SFNClient,
  stateMachineArn: string,
): Promise<string[]> {
  const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return versionsIn(definition ?? '');
}

/** Function versions that an execution has called since a moment, sorted. */
export async function versionsCalled(
  sfn: SFNClient,
  executionArn: string,
  since: Date,
): Promise<string[]> {
  const ask = { executionArn, maxResults: 1000 };
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand(ask));
  const scheduled = events.filter(
    ({ type, timestamp }) => /Scheduled$/.test(type ?? '') && timestamp && timestamp >= since,
  );
  return versionsIn(JSON.stringify(scheduled));
}

function versionsIn(text: string): string[] {
  return [...new Set(text.match(/arn:aws:lambda:[\w:-]+?:function:[\w-]+:\d+/g))].sort();
}
