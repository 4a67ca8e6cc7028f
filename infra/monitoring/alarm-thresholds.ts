import { Duration } from 'aws-cdk-lib';
import { z } from 'zod';
import { deployTimeNumber, deployTimeText, duration } from '../configuration/fields.ts';

/** The thresholds of alarms that have no natural bound. */
const thresholdsShape = z.object({
  throttledRetries: deployTimeNumber(1, 1_000_000).default(100).meta({
    description: "Retries in 15 minutes that the service's status 429 caused.",
  }),
  orphanSessions: deployTimeNumber(0, 100_000).default(5).meta({
    description:
      'Unfinished upload sessions that no transfer owns. A lost reply leaves one until it expires.',
  }),
  noProgress: duration({ least: 600, most: 10_800, step: 300 })
    .default(Duration.minutes(15))
    .meta({ description: 'How long transfers may be active while no chunk arrives.' }),
  queueStalled: duration({ least: 300, most: 10_800 }).default(Duration.minutes(15)).meta({
    description:
      'How long the first transfer of the queue may wait while slots are free. Time during a pause or outside the transfer window does not count.',
  }),
});

export const alarmThresholds = thresholdsShape.prefault({}).meta({ type: 'object' });

/** Fields of the thresholds; docs/configuration.md describes each. */
export const thresholdFields = thresholdsShape.shape;

export type AlarmThresholds = Readonly<z.input<typeof thresholdsShape>>;

/** Thresholds with every default filled in. */
export type CheckedThresholds = Readonly<z.output<typeof thresholdsShape>>;

export const alarmEmail = () =>
  deployTimeText(/^[^\s@]+@[^\s@]+$/, 'must be an address such as ops@example.com');
