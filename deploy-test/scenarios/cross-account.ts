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
  type Harness,
  machineArn,
  outputOf,
  sourceContext,
  typeAtHome,
} from '../deployment.ts';
import { endOf, executionFor } from '../executions.ts';
import { enableEvents, makeBucket, putFilm } from '../films.ts';
import { expectReady } from '../readiness.ts';

const sizeMiB = 12;

/** A bucket of the source account that is not in its list. */
const unlistedBucket = 'films-unlisted';

/** Deploys the second stack in another account and Region, which has no other Chunkferry resource. */
export function sourceAccountScenario(harness: Harness): Check {
  return {
    name: "the pages' lines deploy the source stack in another account and Region",
    run: async () => {
      const { home, source, terminal } = harness;
      await makeBucket(source, farBucket);
      await typeAtHome(harness, 'npx cdk deploy -c sourceAccounts=…');
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

/** Narrows the trust of the reader role that later scenarios use. */
export function narrowedReaderScenario(harness: Harness): Check {
  return {
    name: 'the source stack deploys again with a trust for only the two reading roles',
    run: async () => {
      const { cdk, home, source } = harness;
      const bus = await outputOf(home, 'Chunkferry', 'BusArn');
      const readers = await outputOf(home, 'Chunkferry', 'ReaderPrincipalArns');
      await cdk.deploy(source, sourceContext(bus, readers));
    },
  };
}

/** Covers the rule, its role, the bus policy, the bus rule and reading with the reader role. */
export function crossAccountScenario(harness: Harness): Check {
  return {
    name: 'an object of the other account becomes a ready asset through the deployed rule and bus',
    run: async () => {
      const film = await putFilm(harness.source.s3, farBucket, 'far/Final match.mp4', sizeMiB);
      const machine = await machineArn(harness);
      await expectReady(harness, await executionFor(harness.home.sfn, machine, film.key), film);
    },
  };
}

/** The source account forwards an additional bucket. The account of the state machine still rejects it. */
export function unlistedBucketScenario(harness: Harness): Check {
  return {
    name: 'an event of a bucket that is not a source of its account fails with SourceClaimRejectedError',
    run: async () => {
      await makeBucket(harness.source, unlistedBucket);
      await enableEvents(harness.source, unlistedBucket);
      await forwardUnlisted(harness);
      const { key } = await putFilm(harness.source.s3, unlistedBucket, 'unlisted.mp4', 1);
      const execution = await executionFor(harness.home.sfn, await machineArn(harness), key);
      const { status, error, cause } = await endOf(harness.home.sfn, execution);
      equal(status, 'FAILED');
      equal(error, 'SourceClaimRejectedError');
      match(cause ?? '', /films-unlisted/);
    },
  };
}

async function forwardUnlisted({ source: { events } }: Harness): Promise<void> {
  const { Arn, RoleArn } = await forwardingTarget(events);
  const EventPattern = JSON.stringify({
    source: ['aws.s3'],
    detail: { bucket: { name: [unlistedBucket] } },
  });
  await events.send(new PutRuleCommand({ Name: 'forward-too', EventPattern }));
  const Targets = [{ Id: 'bus', Arn, RoleArn }];
  await events.send(new PutTargetsCommand({ Rule: 'forward-too', Targets }));
}

async function forwardingTarget(events: Harness['source']['events']): Promise<Target> {
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  const query = { Rule: Rules[0]?.Name };
  const { Targets = [] } = await events.send(new ListTargetsByRuleCommand(query));
  if (Targets[0]) return Targets[0];
  throw new Error('Missing forwarding rule in the source account');
}
