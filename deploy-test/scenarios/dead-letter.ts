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
import { filmBucket, machineArn, type Stage } from '../deployment.ts';
import { putFilm } from '../films.ts';
import { waitFor } from '../waiting.ts';

/** The machine is gone for good: this is the last that is done with it. */
export function deadLetterScenario(stage: Stage): Check {
  return {
    name: "an event that can't start an execution lands in the dead-letter queue",
    show: async () => {
      const { home } = stage;
      const machine = await machineArn(stage);
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

/** Of the deployed rules, the one that starts the machine. */
async function targetOf({ events }: Account, machine: string): Promise<Target> {
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  for (const { Name } of Rules) {
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: Name }));
    const target = Targets.find(({ Arn }) => Arn === machine);
    if (target?.DeadLetterConfig?.Arn) return target;
  }
  throw new Error(`no rule has ${machine} and a dead-letter queue as its target`);
}

async function deadLetter({ sqs }: Account, target: Target): Promise<Message> {
  const QueueName = target.DeadLetterConfig?.Arn?.split(':').at(-1);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
  return waitFor('a dead letter', 20, async () => {
    const ask = { QueueUrl, MessageAttributeNames: ['All'] };
    return (await sqs.send(new ReceiveMessageCommand(ask))).Messages?.[0];
  });
}
