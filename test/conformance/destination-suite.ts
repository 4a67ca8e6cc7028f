import { describe } from 'vitest';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import type { OpenService } from '../harness/port-harness.ts';
import { describeFaults } from './faults-suite.ts';
import { describeService } from './service-suite.ts';
import { describeTransfers } from './transfers-suite.ts';

/**
 * Describes the contract between the engine and a destination. The traits select the tests before
 * their definition: no test is skipped.
 */
export function describeDestination(
  label: string,
  traits: DestinationTraits,
  open: OpenService,
): void {
  describe(`destination ${label}`, () => {
    describeService(traits, open);
    describeTransfers(traits, open);
    describeFaults(traits, open);
  });
}
