import type { Check } from '../checks.ts';
import type { Harness } from '../deployment.ts';
import { abortedScenario } from './aborted.ts';
import {
  crossAccountScenario,
  narrowedReaderScenario,
  sourceAccountScenario,
  unlistedBucketScenario,
} from './cross-account.ts';
import { deadLetterScenario } from './dead-letter.ts';
import { doctorScenario, preflightInputScenario, wrongKeyScenario } from './doctor.ts';
import { firstDeployScenario } from './first-deploy.ts';
import { installedScenarios } from './installed.ts';
import { lintScenario } from './lint.ts';
import { loopbackScenario } from './loopback.ts';
import { selfCommunityScenario, sevenBridgesScenario } from './other-destination.ts';
import {
  copiedFilmScenario,
  everyLineScenario,
  failureQueryScenario,
  otherDeploysScenario,
  removalScenario,
  startedAgainScenario,
} from './pages.ts';
import {
  cancelScenario,
  deployWhileQueuedScenario,
  noOrphanScenario,
  pauseScenario,
} from './queue.ts';
import { secondDeployScenario } from './second-deploy.ts';
import {
  manualStartScenario,
  missingObjectScenario,
  objectCreatedScenario,
  unconfiguredBucketScenario,
} from './ways-in.ts';

/** The checks before the deployment. */
export const before = (harness: Harness): Check[] => [
  loopbackScenario(harness),
  lintScenario(harness),
];

/** The deployment that all other checks need. */
export const deployment = firstDeployScenario;

/**
 * The other checks, in this order: `deadLetterScenario` deletes the state machine, `removalScenario` the stack, whose
 * name the installed package then uses.
 */
export const scenarios = (harness: Harness): Check[] => [
  copiedFilmScenario(harness),
  objectCreatedScenario(harness),
  manualStartScenario(harness),
  missingObjectScenario(harness),
  failureQueryScenario(harness),
  startedAgainScenario(harness),
  unconfiguredBucketScenario(harness),
  sourceAccountScenario(harness),
  narrowedReaderScenario(harness),
  crossAccountScenario(harness),
  unlistedBucketScenario(harness),
  doctorScenario(harness),
  preflightInputScenario(harness),
  wrongKeyScenario(harness),
  secondDeployScenario(harness),
  abortedScenario(harness),
  cancelScenario(harness),
  pauseScenario(harness),
  deployWhileQueuedScenario(harness),
  noOrphanScenario(harness),
  sevenBridgesScenario(harness),
  selfCommunityScenario(harness),
  otherDeploysScenario(harness),
  deadLetterScenario(harness),
  removalScenario(harness),
  ...installedScenarios(harness),
  everyLineScenario(harness),
  loopbackScenario(harness),
];
