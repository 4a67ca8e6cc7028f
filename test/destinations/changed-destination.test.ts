import { describe, expect, it } from 'vitest';
import { openSelfCommunity } from '../conformance/selfcommunity-service.ts';
import { openSevenBridges } from '../conformance/seven-bridges-service.ts';
import { openTwelveLabs } from '../conformance/twelvelabs-service.ts';
import type { OpenWireService, WireService } from '../conformance/wire/wire.ts';
import { film, openPortHarness, putFilm, serviceDefaults } from '../harness/port-harness.ts';
import { runTransfer, type TransferResult } from '../harness/run-transfer.ts';

const openers: Readonly<Record<string, OpenWireService>> = {
  TwelveLabs: openTwelveLabs,
  'Seven Bridges': openSevenBridges,
  SelfCommunity: openSelfCommunity('documented'),
};

const names = Object.keys(openers);
const changes = names.flatMap((from) =>
  names.filter((to) => to !== from).map((to): [string, string] => [from, to]),
);

function open(name: string): OpenWireService {
  return openers[name] as OpenWireService;
}

/** Returns the text of all requests of an adapter: addresses and headers. */
function sentBy({ wire }: WireService): string {
  return JSON.stringify(wire.exchanges.map(({ request: { url, headers } }) => [url, headers]));
}

/**
 * Moves an object while a deployment changes the destination: the running execution keeps its functions, and an
 * execution that starts after the deployment has the new ones. Both use one table.
 */
async function moveDuringChange(from: string, to: string) {
  let earlier: WireService | undefined;
  const harness = await openPortHarness(async (clock, options) => {
    earlier = await open(from)(clock, options);
    return earlier;
  });
  const later = await open(to)(harness.clock, serviceDefaults);
  const sha256 = putFilm(harness, 5 * serviceDefaults.chunkSizeBytes - 7);
  const deployed = { ...harness, ports: { ...harness.ports, destination: later.destination } };
  let second: TransferResult | undefined;
  const first = await runTransfer(harness, film, {
    onCall: async (step) => {
      if (step !== 'ConfirmUpload' || second) return;
      second = await runTransfer(deployed, film, { executionId: 'execution-b' });
    },
  });
  return { first, second, sha256, earlier: earlier as WireService, later };
}

describe('a stack whose destination changes during a transfer', () => {
  it.each(changes)(
    'completes it at %s, and moves the object to %s by the next start',
    async (from, to) => {
      const { first, second, sha256, earlier, later } = await moveDuringChange(from, to);
      for (const [output, service] of [
        [first.output, earlier],
        [second?.output, later],
      ] as const) {
        expect(output).toMatchObject({ status: 'ready' });
        const assetId = String(output?.assetId);
        expect(service.assetIds()).toEqual([assetId]);
        expect(await service.storedSha256(assetId)).toBe(sha256);
      }
      expect(first.output.transferId).not.toBe(second?.output.transferId);
      // No secret of one service goes to the other.
      expect(sentBy(later)).not.toContain(earlier.secret);
      expect(sentBy(earlier)).not.toContain(later.secret);
    },
  );
});
