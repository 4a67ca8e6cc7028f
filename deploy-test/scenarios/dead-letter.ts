import { equal, match } from 'node:assert/strict';
import {
  ListRulesCommand,
  ListTargetsByRuleCommand,
  type Target,
} from '@aws-sdk/client-eventbridge';
import { DeleteStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetQueueUrlCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Account } from '../account.ts';
import type { Check } from '../checks.ts';
import { filmBucket, type Harness, machineArn } from '../deployment.ts';
import { putFilm } from '../films.ts';
import { waitFor } from '../waiting.ts';

/** Deletes the state machine, so it must be the last scenario that uses it. */
export function deadLetterScenario(harness: Harness): Check {
  return {
    name: 'an event that cannot start an execution arrives in the dead-letter queue',
    run: async () => {
      const { home } = harness;
      const machine = await machineArn(harness);
      const target = await targetOf(home, machine);
      await home.sfn.send(new DeleteStateMachineCommand({ stateMachineArn: machine }));
      const film = await putFilm(home.s3, filmBucket, 'too late.mp4', 1);
      const { Body, MessageAttributes } = await deadLetter(home, target);
      equal(JSON.parse(Body ?? '{}').detail.object.key, film.key);
      equal(MessageAttributes?.ERROR_CODE?.StringValue, 'NO_RESOURCE');
      equal(MessageAttributes?.TARGET_ARN?.StringValue, machine);
      match(MessageAttributes?.RULE_ARN?.StringValue ?? '', /:rule\//);
    },
  };
}

/** Returns the target of the deployed rule that starts the state machine. */
async function targetOf({ events }: Account, machine: string): Promise<Target> {
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  for (const { Name } of Rules) {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: Name }));
    const target = Targets.find(({ Arn }) => Arn === machine);
    if (target?.DeadLetterConfig?.Arn) return target;
  }
  throw new Error(`Missing rule with the target ${machine} and a dead-letter queue`);
}

async function deadLetter({ sqs }: Account, target: Target): Promise<Message> {
  const QueueName = target.DeadLetterConfig?.Arn?.split(':').at(-1);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  return waitFor('a dead letter', 20, async () => {
    const query = { QueueUrl, MessageAttributeNames: ['All'] };
    return (await sqs.send(new ReceiveMessageCommand(query))).Messages?.[0];
  });
}
