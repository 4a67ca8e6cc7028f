import { describe } from 'vitest';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import type { OpenService } from '../harness/port-harness.ts';
import { describeFaults } from './faults-suite.ts';
import { describeService } from './service-suite.ts';
import { describeTransfers } from './transfers-suite.ts';

/**
 * Everything that the engine may expect of a destination, and a destination of the engine. Which of
 * it applies follows from the traits, before a test is defined: none is ever skipped.
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
