import { seededRandom } from '#local/simulators/randomness.ts';
import type { Fault } from '#local/simulators/selfcommunity/faults.ts';
import type { SelfCommunitySimulator } from '#local/simulators/selfcommunity/server.ts';
import { brokenPromises, type Change, openCommunity, runPaper } from './community.ts';

/** Answers a chunk with 201 and the offset before it, and stores nothing of it. */
export function droppedChunk(service: SelfCommunitySimulator, nth: number): Fault {
  const alter = (body: Record<string, unknown>) => {
    const upload = service.uploads().find(({ id }) => id === body.upload_id);
    const lost = upload?.pieces.pop();
    if (!upload || !lost) return body;
    upload.offset -= lost.length;
    return { ...body, offset: String(upload.offset) };
  };
  return { on: 'chunk', kind: 'alter', nth, alter };
}

const plain = [
  { on: 'chunk', kind: 'lost-reply' },
  { on: 'chunk', kind: 'reset' },
  { on: 'chunk', kind: 'throttle', seconds: 3 },
  { on: 'chunk', kind: 'status', status: 503 },
  { on: 'chunk', kind: 'status', status: 500 },
  { on: 'chunk', kind: 'page', status: 502 },
  { on: 'chunk', kind: 'expire-token' },
  { on: 'complete', kind: 'throttle', seconds: 3 },
  { on: 'complete', kind: 'status', status: 503 },
  { on: 'complete', kind: 'expire-token' },
  { on: 'media', kind: 'status', status: 503 },
  { on: 'media', kind: 'reset' },
  { on: 'media', kind: 'expire-token' },
] as const satisfies readonly Fault[];

/** After these, no client can know whether the media exists. */
const ambiguous = [
  { on: 'complete', kind: 'lost-reply' },
  { on: 'complete', kind: 'reset' },
  { on: 'complete', kind: 'page', status: 502 },
  { on: 'complete', kind: 'status', status: 500 },
] as const satisfies readonly Fault[];

/** Plans up to four faults of a seed. Returns whether the completion may be unknown. */
function planFaults(service: SelfCommunitySimulator, seed: number): boolean {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const count = Math.floor(random() * 4);
  let hasExpired = false;
  for (let i = 0; i < count; i++) {
    const fault = pick(plain);
    // A token that is rejected again right after its refresh ends the transfer, by name.
    if (fault.kind === 'expire-token' && hasExpired) continue;
    hasExpired ||= fault.kind === 'expire-token';
    const nth = fault.on === 'chunk' ? 1 + Math.floor(random() * 4) : 1;
    service.faults.add({ ...fault, nth });
  }
  if (random() < 0.5) service.faults.add(droppedChunk(service, 1 + Math.floor(random() * 3)));
  const isAmbiguous = random() < 0.3;
  if (isAmbiguous) service.faults.add(pick(ambiguous));
  return isAmbiguous;
}

/** Runs a transfer with the faults of a seed, and returns what is broken. */
export async function runWithFaults(seed: number, change?: Change): Promise<string[]> {
  const mode = seed % 2 === 0 ? 'documented' : 'library';
  const community = await openCommunity({ mode, ...(change && { change }) });
  const mayBeUnknown = planFaults(community.service, seed);
  const end = await runPaper(community).finally(community.close);
  return brokenPromises(community, end, { mayBeUnknown }).map((text) => `seed ${seed}: ${text}`);
}
