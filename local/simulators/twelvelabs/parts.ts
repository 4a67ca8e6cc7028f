import type { Random } from '#src/core/ports/clock.ts';
import type { CallLog } from './call-log.ts';
import type { FaultPlan } from './faults.ts';
import type { UrlMint } from './presigned-urls.ts';
import type { SimulatorClock } from './real-clock.ts';
import type { SessionBook } from './sessions.ts';
import type { ChunkStorage } from './storage.ts';
import type { TwelveLabsSwitches } from './switches.ts';

/** What the API and the upload host share: one service with two doors. */
export interface Parts {
  readonly apiKey: string;
  readonly clock: SimulatorClock;
  readonly random: Random;
  readonly switches: TwelveLabsSwitches;
  readonly sessions: SessionBook;
  readonly urls: UrlMint;
  readonly storage: ChunkStorage;
  readonly faults: FaultPlan;
  readonly calls: CallLog;
}
