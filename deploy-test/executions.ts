import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { waitFor } from './waiting.ts';

/** The result of an ended execution. */
export interface ExecutionEnd {
  readonly status: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** The execution's output; empty after a failure. */
  readonly output: Readonly<Record<string, unknown>>;
}

const startSeconds = 20;
const endSeconds = 120;

/** Starts an execution, as an operator does in the console. Returns its ARN. */
export async function startExecution(
  sfn: SFNClient,
  stateMachineArn: string,
  input: object,
): Promise<string> {
  const start = { stateMachineArn, input: JSON.stringify(input) };
  const { executionArn } = await sfn.send(new StartExecutionCommand(start));
  return executionArn ?? '';
}

/** Waits for the execution whose input has the key. Returns its ARN. */
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

/** Waits for the end of an execution. */
export function endOf(sfn: SFNClient, executionArn: string): Promise<ExecutionEnd> {
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

/** Returns the function versions in the newest definition, sorted. */
export async function versionsInDefinition(
  sfn: SFNClient,
  stateMachineArn: string,
): Promise<string[]> {
  const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return versionsIn(definition ?? '');
}

/** Returns the function versions that an execution has called since a time, sorted. */
export async function versionsCalled(
  sfn: SFNClient,
  executionArn: string,
  since: Date,
): Promise<string[]> {
  const query = { executionArn, maxResults: 1000 };
  const { events = [] } = await sfn.send(new GetExecutionHistoryCommand(query));
  const scheduled = events.filter(
    ({ type, timestamp }) => /Scheduled$/.test(type ?? '') && timestamp && timestamp >= since,
  );
  return versionsIn(JSON.stringify(scheduled));
}

function versionsIn(text: string): string[] {
  return [...new Set(text.match(/arn:aws:lambda:[\w:-]+?:function:[\w-]+:\d+/g))].sort();
}
