import type { SimulatorClock } from '#local/simulators/clock.ts';
import type { FaultPlan } from '../fault-plan.ts';
import type { Fault, Operation } from './faults.ts';
import type { SelfCommunitySwitches } from './switches.ts';
import type { Tokens } from './tokens.ts';
import type { Store } from './uploads.ts';

/** One request, by the simulator's clock. */
export interface CallRecord {
  readonly operation: Operation;
  readonly at: number;
  readonly range: string | undefined;
  /** 0 until a reply is sent. */
  status: number;
}

/** The state of one simulated community. */
export interface SimulatorContext {
  readonly clock: SimulatorClock;
  readonly switches: SelfCommunitySwitches;
  readonly store: Store;
  readonly tokens: Tokens;
  readonly faults: FaultPlan<Fault>;
  readonly calls: CallRecord[];
}
