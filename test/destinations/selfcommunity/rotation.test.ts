import { describe, expect, it, onTestFinished } from 'vitest';
import { startSelfCommunity } from '#local/simulators/selfcommunity/server.ts';
import { createReplaceableSecret } from '#src/aws/replaceable-secret.ts';
import { flawOfSecret } from '#src/destinations/selfcommunity/secret.ts';
import { createMemoryLease } from '../../doubles/memory/memory-lease.ts';
import { SecretsDouble } from '../../doubles/secrets-double.ts';
import { ManualClock } from '../../harness/clock.ts';
import { failureOf } from '../../http/served-transport.ts';
import { call, createUploader } from './uploader.ts';

/** Starts a service that replaces each refresh token, and ends all tokens if a replaced one is used. */
async function open(functions: number) {
  const service = await startSelfCommunity({
    rotatesRefreshToken: true,
    reusedRefreshToken: 'ends-all',
  });
  onTestFinished(() => service.close());
  const secrets = new SecretsDouble(service.secret());
  const lease = createMemoryLease();
  const clock = new ManualClock();
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  /** Each function has its own cache of the secret. */
  const uploaders = Array.from({ length: functions }, () => {
    const secret = createReplaceableSecret({
      client: secrets.client,
      secretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:token-AbCdEf',
      log: { info: log, warn: log, error: log },
      ...{ clock, lease, flawOf: flawOfSecret },
    });
    const { baseUrl } = service;
    return createUploader({ baseUrl, mode: 'documented', secret, clock });
  });
  const asked = () => uploaders.map((one) => one.destination.assetStatus('1', call));
  const refreshes = () => service.calls.filter(({ operation }) => operation === 'token').length;
  return { service, secrets, uploaders, asked, refreshes, clock, logged, lease };
}

describe('a refresh token that rotates', () => {
  it('is stored in the secret, together with the access token', async () => {
    const { service, secrets, asked } = await open(1);
    service.faults.add({ on: 'media', kind: 'expire-token' });
    expect(await Promise.all(asked())).toMatchObject([{ phase: 'missing' }]);
    expect(JSON.parse(secrets.text)).toEqual(JSON.parse(service.secret()));
  });

  it('is used once by several functions at the same time, and none loses it', async () => {
    const { service, secrets, asked, refreshes } = await open(6);
    for (const round of [1, 2, 3]) {
      service.faults.add({ on: 'media', kind: 'expire-token' });
      const answers = await Promise.all(asked());
      expect(new Set(answers.map(({ phase }) => phase))).toEqual(new Set(['missing']));
      expect([refreshes(), secrets.puts]).toEqual([round, round]);
    }
    expect(JSON.parse(secrets.text)).toEqual(JSON.parse(service.secret()));
  });

  it('is read again by a function that still has the earlier one', async () => {
    const { service, uploaders, refreshes } = await open(2);
    const [one, other] = uploaders.map(
      ({ destination }) =>
        () =>
          destination.assetStatus('1', call),
    );
    await other?.();
    service.faults.add({ on: 'media', kind: 'expire-token' });
    await one?.();
    expect(await other?.()).toMatchObject({ phase: 'missing' });
    expect(refreshes()).toBe(1);
  });

  it('stays in memory while Secrets Manager fails, and is stored later', async () => {
    const { service, secrets, asked, clock, logged } = await open(1);
    secrets.failPuts = { times: 1, name: 'InternalServiceError' };
    service.faults.add({ on: 'media', kind: 'expire-token' });
    expect(await Promise.all(asked())).toMatchObject([{ phase: 'missing' }]);
    expect([logged.length, secrets.puts]).toEqual([1, 0]);
    clock.advance(30_000);
    await Promise.all(asked());
    expect(JSON.parse(secrets.text)).toEqual(JSON.parse(service.secret()));
  });

  it('does not replace a token that the operator has stored meanwhile', async () => {
    const { service, secrets, asked, clock } = await open(1);
    secrets.failPuts = { times: 1, name: 'InternalServiceError' };
    service.faults.add({ on: 'media', kind: 'expire-token' });
    await Promise.all(asked());
    secrets.text = service.token();
    clock.advance(30_000);
    await Promise.all(asked());
    expect(secrets.text).toBe(service.token());
  });

  it('is waited for while another function refreshes it, for a bounded time', async () => {
    const { service, asked, clock, lease, refreshes } = await open(1);
    await lease.acquire('another function', clock.now(), clock.now() + 90_000);
    service.faults.add({ on: 'media', kind: 'expire-token' });
    const [answer] = asked();
    expect(await failureOf(answer as Promise<unknown>)).toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining(
        'Another function has been refreshing the access token for 10 seconds',
      ),
    });
    expect(refreshes()).toBe(0);
    clock.advance(90_000);
    expect(await Promise.all(asked())).toMatchObject([{ phase: 'missing' }]);
    expect(refreshes()).toBe(1);
  });

  it('is not used, and nothing is stored, if doctor checks the access', async () => {
    const { secrets, uploaders, refreshes } = await open(1);
    await uploaders[0]?.destination.checkAccess?.(call);
    expect([refreshes(), secrets.puts]).toEqual([0, 0]);
  });

  it('has its missing permission reported by doctor', async () => {
    const { secrets, uploaders } = await open(1);
    secrets.failPuts = { times: 1, name: 'AccessDeniedException' };
    const checked = uploaders[0]?.destination.checkAccess?.(call);
    expect(await failureOf(checked as Promise<void>)).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining('Storing the renewed token'),
    });
  });
});
