import type { Check } from '../checks.ts';
import type { Stage } from '../deployment.ts';
import {
  crossAccountScenario,
  narrowedReaderScenario,
  sourceAccountScenario,
  unlistedBucketScenario,
} from './cross-account.ts';
import { deadLetterScenario } from './dead-letter.ts';
import { doctorScenario, wrongKeyScenario } from './doctor.ts';
import { firstDeployScenario } from './first-deploy.ts';
import { lintScenario } from './lint.ts';
import { loopbackScenario } from './loopback.ts';
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
import { abortedScenario } from './settled.ts';
import {
  manualStartScenario,
  missingObjectScenario,
  objectCreatedScenario,
  unconfiguredBucketScenario,
} from './ways-in.ts';

/** What is shown before anything is deployed. */
export const before = (stage: Stage): Check[] => [loopbackScenario(stage), lintScenario(stage)];

/** What all others need. */
export const deployment = firstDeployScenario;

/** In this order: the dead letter takes the state machine away, the removal all the rest. */
export const scenarios = (stage: Stage): Check[] => [
  copiedFilmScenario(stage),
  objectCreatedScenario(stage),
  manualStartScenario(stage),
  missingObjectScenario(stage),
  failureQueryScenario(stage),
  startedAgainScenario(stage),
  unconfiguredBucketScenario(stage),
  sourceAccountScenario(stage),
  narrowedReaderScenario(stage),
  crossAccountScenario(stage),
  unlistedBucketScenario(stage),
  doctorScenario(stage),
  wrongKeyScenario(stage),
  secondDeployScenario(stage),
  abortedScenario(stage),
  cancelScenario(stage),
  pauseScenario(stage),
  deployWhileQueuedScenario(stage),
  noOrphanScenario(stage),
  otherDeploysScenario(stage),
  deadLetterScenario(stage),
  removalScenario(stage),
  everyLineScenario(stage),
  loopbackScenario(stage),
];
