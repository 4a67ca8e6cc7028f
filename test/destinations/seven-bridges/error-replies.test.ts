import { describe, expect, it } from 'vitest';
import { bridge, call, failureOf, requestFor, send, sendAll, upload } from './bridged.ts';

const bodyOf = (status: number, code: number) => ({ status, code, message: 'no', more_info: '' });

describe('an error of Seven Bridges', () => {
  it.each([
    [400, 8010, 'ProjectNotFoundError'],
    [400, 8013, 'RequestRejectedError'],
    [401, 90001, 'CredentialsRejectedError'],
    // No document names a status or a code for used up storage or funds.
    [402, 90000, 'RequestRejectedError'],
    // A 507 leaves open whether an upload exists.
    [507, 90005, 'CreateReplyLostError'],
    [400, 90001, 'CredentialsRejectedError'],
    // Codes that pass, with any status: neither a wrong request nor a taken name.
    [400, 3000, 'ServiceUnavailableError'],
    [400, 4000, 'ServiceUnavailableError'],
    [409, 13004, 'ServiceUnavailableError'],
    [403, 8001, 'ProjectDeniedError'],
    [403, 90002, 'ProjectDeniedError'],
    [404, 90003, 'ProjectNotFoundError'],
    [405, 90006, 'RequestRejectedError'],
    // Both R clients know these codes, with opposite meanings: the status decides.
    [409, 8004, 'NameTakenError'],
    [409, 8005, 'NameTakenError'],
    [409, 8006, 'NameTakenError'],
    [415, 90008, 'RequestRejectedError'],
    [429, 1000, 'ThrottledError'],
    [500, 90004, 'CreateReplyLostError'],
    [503, 0, 'ServiceUnavailableError'],
    [503, 8000, 'ServiceUnavailableError'],
  ])('%i with code %i to initializing is %s', async (status, code, name) => {
    const { bridges, simulator } = await bridge();
    simulator.faults.add({ on: 'initialize', kind: 'status', status, body: bodyOf(status, code) });
    const error = await failureOf(bridges.openSession(requestFor(3), call));
    expect(error).toMatchObject({ name, origin: 'service', status });
    expect(error.message).toContain(`${status} ${code}: no`);
  });

  it.each([
    [401, 90001, 'CredentialsRejectedError'],
    [403, 8001, 'ProjectDeniedError'],
    [404, 8010, 'ProjectNotFoundError'],
    [429, 1000, 'ThrottledError'],
  ])(
    '%i with code %i to the check of the token and the project is %s',
    async (status, code, name) => {
      const { bridges, simulator, sent } = await bridge();
      await bridges.checkAccess(call);
      expect(sent.map(({ method }) => method)).toEqual(['GET']);
      simulator.faults.add({ on: 'files', kind: 'status', status, body: bodyOf(status, code) });
      expect(await failureOf(bridges.checkAccess(call))).toMatchObject({ name, status });
    },
  );

  it('of an unknown project is found by the check', async () => {
    const { bridges } = await bridge({}, { project: 'ada/unknown' });
    expect(await failureOf(bridges.checkAccess(call))).toMatchObject({
      name: 'ProjectNotFoundError',
    });
  });

  it.each([
    [400, 8011, 'SessionExpiredError'],
    [400, 8012, 'RequestRejectedError'],
    [404, 8003, 'SessionExpiredError'],
    [409, 8008, 'ServiceUnavailableError'],
    [500, 90004, 'ServiceUnavailableError'],
  ])('%i with code %i to a request for a URL is %s', async (status, code, name) => {
    const bridged = await bridge();
    const session = await bridged.bridges.openSession(requestFor(3), call);
    const body = bodyOf(status, code);
    bridged.simulator.faults.add({ on: 'part-url', kind: 'status', status, body });
    expect((await failureOf(send(bridged, session, 1))).name).toBe(name);
  });

  it('is a rejection if a completion fails for its parts', async () => {
    const bridged = await bridge({ partSizes: 'exact' });
    const session = await bridged.bridges.openSession(requestFor(10), call);
    const proofs = await sendAll(bridged, session);
    const [first, ...rest] = proofs;
    const wrong = { ...first, proof: '0'.repeat(32) } as (typeof proofs)[0];
    const error = await failureOf(
      bridged.bridges.finish(session, [wrong, ...rest], undefined, call),
    );
    expect(error).toMatchObject({ name: 'RequestRejectedError', status: 400 });
    expect(error.message).toContain('8007');
  });

  it('is a wait until the time in X-RateLimit-Reset', async () => {
    const { bridges, simulator } = await bridge();
    simulator.faults.add({ on: 'initialize', kind: 'throttle', seconds: 240 });
    const error = await failureOf(bridges.openSession(requestFor(3), call));
    expect(error).toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 240 });
  });

  it('is a wait of 300 seconds in maintenance, as the vendor waits', async () => {
    const { bridges, simulator } = await bridge();
    const body = bodyOf(503, 0);
    simulator.faults.add({ on: 'file', kind: 'status', status: 503, body });
    const error = await failureOf(bridges.assetStatus('f1', call));
    // The headers of the rate limit have remaining calls, so they request no wait.
    expect(error).toMatchObject({ name: 'ServiceUnavailableError', retryAfterSeconds: 300 });
  });

  it('may be no JSON', async () => {
    const { bridges, simulator } = await bridge();
    const body = '<html><h1>Bad Gateway</h1></html>';
    simulator.faults.add({ on: 'file', kind: 'status', status: 502, body });
    const error = await failureOf(bridges.assetStatus('f1', call));
    expect(error.name).toBe('ServiceUnavailableError');
    expect(error.message).toContain('502: Bad Gateway');
  });

  it('is the limit of 1,000 calls in five minutes', async () => {
    const bridged = await bridge({ callsPerWindow: 4 });
    const session = await bridged.bridges.openSession(requestFor(10), call);
    await sendAll(bridged, session);
    const error = await failureOf(bridged.bridges.sessionStatus(session, call));
    expect(error).toMatchObject({ name: 'ThrottledError', retryAfterSeconds: 300 });
    await bridged.clock.sleep(300_000);
    await expect(bridged.bridges.sessionStatus(session, call)).resolves.toBeDefined();
  });

  it('after a lost reply may hide an upload', async () => {
    const { bridges, simulator } = await bridge();
    simulator.faults.add({ on: 'initialize', kind: 'lost-reply' });
    const error = await failureOf(bridges.openSession(requestFor(3), call));
    expect(error.name).toBe('CreateReplyLostError');
    expect((await bridges.listUnfinished(call)).sessions).toHaveLength(1);
  });

  it.each(['GET', '', 'PATCH'])(
    'is a violation if a part is to be sent by "%s"',
    async (method) => {
      const bridged = await bridge();
      const session = await bridged.bridges.openSession(requestFor(3), call);
      const alter = (body: object) => ({ ...body, method });
      bridged.simulator.faults.add({ on: 'part-url', kind: 'alter', alter });
      expect((await failureOf(send(bridged, session, 1))).name).toBe('ProtocolViolationError');
    },
  );

  it('does not hide a file that was deleted', async () => {
    const bridged = await bridge();
    const { assetId } = await upload(bridged);
    bridged.simulator.deleteFile(String(assetId));
    const status = await bridged.bridges.assetStatus(String(assetId), call);
    expect(status.phase).toBe('missing');
  });
});
