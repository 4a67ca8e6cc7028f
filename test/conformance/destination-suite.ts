import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import type { OpenService } from '../harness/port-harness.ts';
import { describe } from './behaviours.ts';
import { describeFaults } from './faults-suite.ts';
import { describeService } from './service-suite.ts';
import { describeTransfers } from './transfers-suite.ts';
import { describeWire } from './wire/suite.ts';
import type { OpenWireService } from './wire/wire.ts';

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

/** Describes the same contract, and what an adapter must do with its requests and its secret. */
export function describeAdapter(
  label: string,
  traits: DestinationTraits,
  open: OpenWireService,
): void {
  describeDestination(label, traits, open);
  describe(`adapter ${label}`, () => describeWire(traits, open));
}

/** Describes only what needs no engine: a tenth of the time. */
export function describeRequests(
  label: string,
  traits: DestinationTraits,
  open: OpenWireService,
): void {
  describe(`adapter ${label}`, () => {
    describeService(traits, open);
    describeWire(traits, open);
  });
}
