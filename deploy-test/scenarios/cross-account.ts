import { equal, match } from 'node:assert/strict';
import {
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  type Target,
} from '@aws-sdk/client-eventbridge';
import type { Check } from '../checks.ts';
import {
  farBucket,
  machineArn,
  outputOf,
  type Stage,
  sourceContext,
  typeAtHome,
} from '../deployment.ts';
import { endOf, executionFor } from '../executions.ts';
import { makeBucket, putFilm, switchEventsOn } from '../films.ts';
import { expectReady } from '../readiness.ts';

const sizeMiB = 12;

/** A bucket of the source account that its list leaves out. */
const unlistedBucket = 'films-unlisted';

/** The second stack, deployed in another account and Region with nothing else of ours. */
export function sourceAccountScenario(stage: Stage): Check {
  return {
    name: "the README's lines deploy the source stack in another account and Region",
    show: async () => {
      const { home, source, terminal } = stage;
      await makeBucket(source, farBucket);
      await typeAtHome(stage, 'npx cdk deploy -c sourceAccounts=…');
      const output = (name: string) => outputOf(home, 'Chunkferry', name);
      await terminal.type('npx cdk bootstrap aws://…', source);
      await terminal.type('npx cdk deploy -c stack=source-account …', source, { output });
      await terminal.type(
        'aws s3api put-bucket-notification-configuration --bucket their-films …',
        source,
      );
    },
  };
}

/** What the later scenarios read by. */
export function narrowedReaderScenario(stage: Stage): Check {
  return {
    name: 'the source stack deploys again with a trust that names the two reading roles',
    show: async () => {
      const { cdk, home, source } = stage;
      const bus = await outputOf(home, 'Chunkferry', 'BusArn');
      const readers = await outputOf(home, 'Chunkferry', 'ReaderPrincipalArns');
      await cdk.deploy(source, sourceContext(bus, readers));
    },
  };
}

/** Rule, role, bus policy, bus rule, then reading as the reader role. */
export function crossAccountScenario(stage: Stage): Check {
  return {
    name: 'an object of the other account becomes a ready asset through the deployed rule and bus',
    show: async () => {
      const film = await putFilm(stage.source.s3, farBucket, 'far/Final match.mp4', sizeMiB);
      const machine = await machineArn(stage);
      await expectReady(stage, await executionFor(stage.home.sfn, machine, film.key), film);
    },
  };
}

/** The source account widens what it sends; the account of the machine decides all the same. */
export function unlistedBucketScenario(stage: Stage): Check {
  return {
    name: 'an event of a bucket that is no source of its account is refused by name',
    show: async () => {
      await makeBucket(stage.source, unlistedBucket);
      await switchEventsOn(stage.source, unlistedBucket);
      await forwardToo(stage);
      const { key } = await putFilm(stage.source.s3, unlistedBucket, 'unlisted.mp4', 1);
      const execution = await executionFor(stage.home.sfn, await machineArn(stage), key);
      const { status, error, cause } = await endOf(stage.home.sfn, execution);
      equal(status, 'FAILED');
      equal(error, 'SourceClaimRefusedError');
      match(cause ?? '', /films-unlisted/);
    },
  };
}

async function forwardToo({ source: { events } }: Stage): Promise<void> {
  const { Arn, RoleArn } = await forwardingTarget(events);
  const EventPattern = JSON.stringify({
    source: ['aws.s3'],
    detail: { bucket: { name: [unlistedBucket] } },
  });
  await events.send(new PutRuleCommand({ Name: 'forward-too', EventPattern }));
  const Targets = [{ Id: 'bus', Arn, RoleArn }];
  await events.send(new PutTargetsCommand({ Rule: 'forward-too', Targets }));
}

async function forwardingTarget(events: Stage['source']['events']): Promise<Target> {
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  const ask = { Rule: Rules[0]?.Name };
  const { Targets = [] } = await events.send(new ListTargetsByRuleCommand(ask));
  if (Targets[0]) return Targets[0];
  throw new Error('the source account has no forwarding rule');
}
