import { simulatedApiKey } from '#local/simulators/canaries.ts';
import { realClock } from '#local/simulators/clock.ts';
import { seededRandom } from '#local/simulators/randomness.ts';
import { FaultPlan } from './faults/fault-plan.ts';
import { createDefaultSwitches } from './settings/switches.ts';
import type { TwelveLabsOptions } from './simulator.ts';
import { openStorage } from './storage/chunk-storage.ts';
import type { SimulatorContext } from './storage/context.ts';
import { SessionStore } from './storage/session-store.ts';
import { UrlIssuer } from './storage/url-issuer.ts';
import { CallLog } from './wire/call-log.ts';

/** Creates the state of a service. The caller adds the hosts and the origin of presigned URLs. @internal */
export async function createContext(options: TwelveLabsOptions): Promise<SimulatorContext> {
  const {
    clock = realClock,
    store = 'file',
    directory,
    apiKey,
    seed,
    presignedOrigin: _,
    ...switched
  } = options;
  const switches = { ...createDefaultSwitches(), ...switched };
  const random = seededRandom(seed);
  return {
    apiKey: apiKey ?? simulatedApiKey,
    clock,
    random,
    switches,
    sessions: new SessionStore(clock, switches, random),
    urls: new UrlIssuer(clock, switches, random),
    storage: await openStorage(store, directory),
    faults: new FaultPlan(),
    calls: new CallLog(),
  };
}
