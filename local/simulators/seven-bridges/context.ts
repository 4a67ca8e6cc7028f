import type { SimulatorClock } from '#local/simulators/clock.ts';
import type { FaultPlan } from '../fault-plan.ts';
import type { Fault, Operation } from './faults.ts';
import type { PartAddresses } from './part-address.ts';
import type { SevenBridgesSwitches } from './switches.ts';
import type { Store } from './uploads.ts';

/** One request, by the simulator's clock. */
export interface CallRecord {
  readonly operation: Operation;
  readonly at: number;
  /** Whether the request has a token. A request to the storage must not have one. */
  readonly hasToken: boolean;
  /** The parts that the request names. */
  readonly parts: readonly number[];
  /** 0 until a reply is sent. */
  status: number;
}

/** The state of one simulated service. The API and the storage share it. */
export interface SimulatorContext {
  /** The origin of the API, for absolute links. Set once it listens. */
  origin: string;
  readonly token: string;
  readonly project: string;
  readonly clock: SimulatorClock;
  readonly switches: SevenBridgesSwitches;
  readonly store: Store;
  readonly addresses: PartAddresses;
  readonly faults: FaultPlan<Fault>;
  readonly calls: CallRecord[];
  readonly keepsBytes: boolean;
}
