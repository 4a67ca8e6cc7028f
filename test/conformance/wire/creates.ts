import { expect } from 'vitest';
import { serviceDefaults } from '../../harness/port-harness.ts';
import { it } from '../behaviours.ts';
import { DirectUpload } from '../direct-upload.ts';
import {
  answering,
  brokenBy,
  type Interception,
  type OpenWireService,
  openOnWire,
} from './wire.ts';

const sizeBytes = 3 * serviceDefaults.chunkSizeBytes;

const lost = 'CreateReplyLostError';

/** Describes whether a create may have had an effect: after a lost one, the engine looks for its session. */
export function describeCreate(open: OpenWireService): void {
  const expectError = async (interception: Interception, name: string) => {
    const { harness, service } = await openOnWire(open);
    service.wire.interception = interception;
    await expect(DirectUpload.open(harness, sizeBytes)).rejects.toMatchObject({ name });
  };

  it('knows that a create that reached no server had no effect', () =>
    expectError(async (request) => {
      throw brokenBy('ECONNREFUSED', request);
    }, 'NetworkError'));

  it('knows that a create without a reply may have had an effect', () =>
    expectError(async (request, pass) => {
      await pass();
      throw brokenBy('ECONNRESET', request);
    }, lost));

  for (const status of [408, 500, 502, 504])
    it(`knows that a create with the reply ${status} may have had an effect`, () =>
      expectError(answering(status), lost));

  it('knows that a create whose reply is a page of a proxy may have had an effect', () =>
    expectError(answering(200, '<html>Welcome</html>'), lost));

  it('knows that a throttled create had no effect', () =>
    expectError(answering(429), 'ThrottledError'));

  it('knows that a create with the reply 503 had no effect', () =>
    expectError(answering(503), 'ServiceUnavailableError'));
}
