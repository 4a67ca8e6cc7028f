import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Check } from '../checks.ts';
import { filmBucket, machineArn, outputOf, type Stage, typeAtHome } from '../deployment.ts';
import { endOf, executionFor } from '../executions.ts';
import { writeFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';

/** Two chunks and a bit, and enough for the AWS CLI to upload in parts. */
const sizeMiB = 12;

/** What a reader puts into the bucket first. */
const key = 'film.mp4';

/** The last of the lines under Deploy. */
export function copiedFilmScenario(stage: Stage): Check {
  return {
    name: "the pages' aws s3 cp starts a transfer that ends ready, SHA-256 equal, and is listed as succeeded",
    show: async () => {
      const sha256 = await writeFilm(stage.terminal.folder, key, sizeMiB);
      await typeAtHome(stage, 'aws s3 cp film.mp4 …');
      const execution = await executionFor(stage.home.sfn, await machineArn(stage), key);
      await expectReady(stage, execution, { bucket: filmBucket, key, sha256 });
      const executions = await typeAtHome(stage, 'aws stepfunctions list-executions …');
      match(executions, /SUCCEEDED/);
    },
  };
}

/** Run after a manual start that failed. */
export function failureQueryScenario(stage: Stage): Check {
  return {
    name: "the README's query lists what failed today",
    show: async () =>
      match(await typeAtHome(stage, 'aws dynamodb query …'), /nobody\.mp4\tSourceNotFoundError/),
  };
}

/** The event of the copied film stands for one that could not start an execution. */
export function startedAgainScenario(stage: Stage): Check {
  return {
    name: "the README's lines start an execution with a dead letter and delete it",
    show: async () => {
      const { sfn, sqs } = stage.home;
      const machine = await machineArn(stage);
      const executionArn = await executionFor(sfn, machine, key);
      const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      const QueueUrl = await outputOf(stage.home, 'Chunkferry', 'DeadLetterQueueUrl');
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: input }));
      await typeAtHome(stage, 'aws sqs receive-message …');
      await typeAtHome(stage, "jq -r '.Messages[0].Body' …");
      const started = JSON.parse(await typeAtHome(stage, 'aws stepfunctions start-execution …'));
      equal((await endOf(sfn, started.executionArn)).output.status, 'already-ingested');
      await typeAtHome(stage, 'aws sqs delete-message …');
      const ask = { QueueUrl, VisibilityTimeout: 0 };
      deepEqual((await sqs.send(new ReceiveMessageCommand(ask))).Messages ?? [], []);
    },
  };
}

/** The lines that show options. The last one leaves the first bucket as the only source. */
export function otherDeploysScenario(stage: Stage): Check {
  return {
    name: "the pages' other cdk deploy lines deploy",
    show: async () => {
      await typeAtHome(stage, 'npx cdk deploy -c transferWindow=…');
      await typeAtHome(stage, 'npx cdk deploy -c sources=…');
      await typeAtHome(stage, 'npx cdk deploy -c vpcId=…');
    },
  };
}

/** Nothing can be done with the stack afterwards. */
export function removalScenario(stage: Stage): Check {
  return {
    name: "the README's lines remove the stack, which keeps its table, and then the table",
    show: async () => {
      const { terminal, home } = stage;
      const TableName = await outputOf(home, 'Chunkferry', 'TableName');
      const look = () => home.dynamoDb.send(new DescribeTableCommand({ TableName }));
      await typeAtHome(stage, 'npx cdk destroy');
      equal((await look()).Table?.DeletionProtectionEnabled, true);
      const around = { output: async () => TableName };
      await terminal.type('aws dynamodb update-table …', home, around);
      await terminal.type('aws dynamodb delete-table …', home, around);
      await rejects(look, { name: 'ResourceNotFoundException' });
    },
  };
}

/** The last of all: a line that nothing has typed is one that nothing proves. */
export function everyLineScenario({ terminal }: Stage): Check {
  return {
    name: 'every line of the pages that is for a stack was typed',
    show: async () => deepEqual(terminal.left, []),
  };
}
