import type { SimulatorClock } from '#local/simulators/clock.ts';
import type { Random } from '#src/core/ports/clock.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { TwelveLabsSwitches } from '../settings/switches.ts';
import type { CallLog } from '../wire/call-log.ts';
import type { ChunkStorage } from './chunk-storage.ts';
import type { SessionStore } from './session-store.ts';
import type { UrlIssuer } from './url-issuer.ts';

/** The state of one simulated service. The API and the upload host share it. */
export interface SimulatorContext {
  readonly apiKey: string;
  readonly clock: SimulatorClock;
  readonly random: Random;
  readonly switches: TwelveLabsSwitches;
  readonly sessions: SessionStore;
  readonly urls: UrlIssuer;
  readonly storage: ChunkStorage;
  readonly faults: FaultPlan;
  readonly calls: CallLog;
}
