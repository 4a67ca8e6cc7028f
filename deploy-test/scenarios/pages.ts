import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, machineArn, outputOf, typeAtHome } from '../deployment.ts';
import { endOf, executionFor } from '../executions.ts';
import { writeFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';

/** More than two chunks, and enough for the AWS CLI to upload in parts. */
const sizeMiB = 12;

/** The first object that a reader puts into the bucket. */
const key = 'film.mp4';

/** Runs the last lines of the deployment page. */
export function copiedFilmScenario(harness: Harness): Check {
  return {
    name: "the pages' aws s3 cp starts a transfer that ends as ready with an equal SHA-256 and is listed as succeeded",
    run: async () => {
      const sha256 = await writeFilm(harness.terminal.folder, key, sizeMiB);
      await typeAtHome(harness, 'aws s3 cp film.mp4 …');
      const execution = await executionFor(harness.home.sfn, await machineArn(harness), key);
      await expectReady(harness, execution, { bucket: filmBucket, key, sha256 });
      const executions = await typeAtHome(harness, 'aws stepfunctions list-executions …');
      match(executions, /SUCCEEDED/);
    },
  };
}

/** Needs a failed manual start. */
export function failureQueryScenario(harness: Harness): Check {
  return {
    name: "the pages' query lists today's failed transfers",
    run: async () =>
      match(await typeAtHome(harness, 'aws dynamodb query …'), /missing\.mp4\tSourceNotFoundError/),
  };
}

/** Uses the event of the copied film as an event that could not start an execution. */
export function startedAgainScenario(harness: Harness): Check {
  return {
    name: "the pages' lines start an execution with a dead letter and delete it",
    run: async () => {
      const { sfn, sqs } = harness.home;
      const machine = await machineArn(harness);
      const executionArn = await executionFor(sfn, machine, key);
      const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      const QueueUrl = await outputOf(harness.home, 'Chunkferry', 'DeadLetterQueueUrl');
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: input }));
      await typeAtHome(harness, 'aws sqs receive-message …');
      await typeAtHome(harness, "jq -r '.Messages[0].Body' …");
      const started = JSON.parse(await typeAtHome(harness, 'aws stepfunctions start-execution …'));
      equal((await endOf(sfn, started.executionArn)).output.status, 'already-ingested');
      await typeAtHome(harness, 'aws sqs delete-message …');
      const query = { QueueUrl, VisibilityTimeout: 0 };
      deepEqual((await sqs.send(new ReceiveMessageCommand(query))).Messages ?? [], []);
    },
  };
}

/** Runs the lines with options. After the last one, the first bucket is the only source. */
export function otherDeploysScenario(harness: Harness): Check {
  return {
    name: "the pages' other cdk deploy lines deploy",
    run: async () => {
      await typeAtHome(harness, 'npx cdk deploy -c transferWindow=…');
      await typeAtHome(harness, 'npx cdk deploy -c sources=…');
      await typeAtHome(harness, 'npx cdk deploy -c vpcId=…');
    },
  };
}

/** Removes the stack, so no later scenario can use it. */
export function removalScenario(harness: Harness): Check {
  return {
    name: "the pages' lines remove the stack, which keeps its table, and then the table",
    run: async () => {
      const { terminal, home } = harness;
      const TableName = await outputOf(home, 'Chunkferry', 'TableName');
      const describeTable = () => home.dynamoDb.send(new DescribeTableCommand({ TableName }));
      await typeAtHome(harness, 'npx cdk destroy');
      equal((await describeTable()).Table?.DeletionProtectionEnabled, true);
      const around = { output: async () => TableName };
      await terminal.type('aws dynamodb update-table …', home, around);
      await terminal.type('aws dynamodb delete-table …', home, around);
      await rejects(describeTable, { name: 'ResourceNotFoundException' });
    },
  };
}

/** Runs last: checks that every line for a stack was tested. */
export function everyLineScenario({ terminal }: Harness): Check {
  return {
    name: 'every line of the pages for a stack was run',
    run: async () => deepEqual(terminal.remaining, []),
  };
}
