import { expect } from 'vitest';
import type { TransferError } from '#src/core/errors/transfer-error.ts';
import type { DestinationTraits } from '#src/core/transfer/destination.ts';
import { type PortHarness, serviceDefaults } from '../../harness/port-harness.ts';
import { it } from '../behaviours.ts';
import { DirectUpload, unbroken } from '../direct-upload.ts';
import { answering, brokenBy, type OpenWireService, openOnWire } from './wire.ts';

/** Prepares a call at a service without faults, and returns the call. */
type Begin = (harness: PortHarness) => Promise<() => Promise<unknown>>;

const sizeBytes = 3 * serviceDefaults.chunkSizeBytes;

async function opened(harness: PortHarness, ...indexes: number[]): Promise<DirectUpload> {
  const upload = await DirectUpload.open(harness, sizeBytes);
  await upload.send(...indexes);
  return upload;
}

const opening: Begin = async (harness) => () => DirectUpload.open(harness, sizeBytes);

const sending: Begin = async (harness) => {
  const upload = await opened(harness);
  return () => upload.send(1);
};

const reporting: Begin = async (harness) => {
  const upload = await opened(harness, 1, 2);
  return () => upload.report(1, 2);
};

const finishing: Begin = async (harness) => {
  const upload = await opened(harness, 1, 2, 3);
  return () => upload.finish();
};

const asking: Begin = async (harness) => {
  const { session } = await opened(harness, 1);
  return () => harness.destination.sessionStatus(session, unbroken);
};

const askingForAsset: Begin = async (harness) => {
  const assetId = await (await opened(harness, 1, 2, 3)).complete();
  return () => harness.destination.assetStatus(assetId, unbroken);
};

/** Returns the calls that the traits imply, each with its name. */
export function callsOf(traits: DestinationTraits): readonly (readonly [string, Begin])[] {
  return [
    ...(traits.sessionCreatedBy === 'open' ? [['a create', opening] as const] : []),
    ['a chunk', sending],
    ...(traits.maxProofsPerReport > 0 ? [['a report', reporting] as const] : []),
    ...(traits.finish === 'explicit' ? [['a finish', finishing] as const] : []),
    ['a question for the session', asking],
    ['a question for the asset', askingForAsset],
  ];
}

/** Describes what every call does with a reply that is no success. */
export function describeCalls(traits: DestinationTraits, open: OpenWireService): void {
  for (const [name, begin] of callsOf(traits)) {
    it(`does not repeat ${name} that the service rejects`, async () => {
      const { harness, service } = await openOnWire(open);
      const call = await begin(harness);
      service.wire.exchanges.length = 0;
      service.wire.interception = answering(503);
      await expect(call()).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
      expect(service.wire.exchanges.length, 'requests').toBe(1);
    });

    it(`returns the time that the service asks ${name} to wait`, async () => {
      const { harness, service } = await openOnWire(open);
      const call = await begin(harness);
      service.wire.interception = answering(429, '{}', { 'retry-after': '45' });
      const error = await call().catch((thrown: TransferError) => thrown);
      expect(error).toMatchObject({ name: 'ThrottledError' });
      expect(Object(error).retryAfterSeconds, 'seconds to wait').toBe(45);
    });

    it(`does not hide that no reply to ${name} arrived`, async () => {
      const { harness, service } = await openOnWire(open);
      const call = await begin(harness);
      service.wire.exchanges.length = 0;
      service.wire.interception = async (request) => {
        throw brokenBy('ECONNRESET', request);
      };
      await expect(call()).rejects.toMatchObject({ name: expect.stringMatching(lostNames) });
      expect(service.wire.exchanges.length, 'requests').toBe(1);
    });
  }

  describeSignal(open);
}

/** The errors of a lost reply; what it means depends on the call. */
const lostNames = /^(?:NetworkError|CreateReplyLostError|CompletionUnknownError)$/;

function describeSignal(open: OpenWireService): void {
  it('ends its requests with the signal of the call', async () => {
    const { harness, service } = await openOnWire(open);
    const { session } = await opened(harness, 1);
    service.wire.exchanges.length = 0;
    const controller = new AbortController();
    const { signal } = controller;
    await harness.destination.sessionStatus(session, { signal });
    controller.abort();
    const ended = service.wire.exchanges.map(({ request }) => request.signal.aborted);
    expect(ended, 'requests that ended').toEqual(ended.map(() => true));
  });
}
