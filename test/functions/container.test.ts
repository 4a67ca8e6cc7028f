import type { Context } from 'aws-lambda';
import { describe, expect, it, vi } from 'vitest';
import { createContainer, type Part, type PortPart } from '#functions/runtime/container.ts';
import { createStepHandler } from '#functions/runtime/handler.ts';
import { readSettings } from '#src/config/environment.ts';
import type { Settings } from '#src/core/settings.ts';

const settings = readSettings({});

/** Returns a part that counts how often it is built. */
function countedSettings() {
  const build = vi.fn((): Settings => ({ ...settings }));
  return { port: 'settings', build } satisfies PortPart<'settings'>;
}

describe('a container', () => {
  it('builds a part on its first use and keeps it', () => {
    const part = countedSettings();
    const container = createContainer({});
    expect(part.build).not.toHaveBeenCalled();
    expect(container.get(part)).toBe(container.get(part));
    expect(part.build).toHaveBeenCalledTimes(1);
  });

  it('returns the override of a port and does not build the part', () => {
    const part = countedSettings();
    expect(createContainer({}, { settings }).get(part)).toBe(settings);
    expect(part.build).not.toHaveBeenCalled();
  });

  it('shares no part with another container', () => {
    const part = countedSettings();
    expect(createContainer({}).get(part)).not.toBe(createContainer({}).get(part));
  });

  it('builds a part again after a reset, unless the part survives it', () => {
    const [part, survivor] = [countedSettings(), { ...countedSettings(), survivesReset: true }];
    const container = createContainer({});
    const before = [container.get(part), container.get(survivor)];
    container.reset();
    expect(container.get(part)).not.toBe(before[0]);
    expect(container.get(survivor)).toBe(before[1]);
  });

  it('closes the parts that were built, and only those', async () => {
    const closed: string[] = [];
    const partOf = (name: string): Part<string> => ({
      build: () => name,
      close: async (value) => void closed.push(value),
    });
    const container = createContainer({});
    container.get(partOf('used'));
    partOf('unused');
    await container.close();
    expect(closed).toEqual(['used']);
  });
});

describe('a handler', () => {
  const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 20_000 } as Context;
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const overrides = { log: quiet, meter: { add: () => {} } };

  it('uses the same parts for each call, and new ones once a preflight called it', async () => {
    const part = countedSettings();
    const step = async () => ({ next: 'sent' }) as const;
    const createHandler = createStepHandler('SendChunks', step, { settings: part });
    const handler = createHandler(createContainer({}, overrides));
    const call = (payload: object) => handler({ executionId: 'e', state: {}, ...payload }, context);
    await call({});
    await call({});
    expect(part.build).toHaveBeenCalledTimes(1);
    await call({ state: { preflight: true } });
    expect(part.build).toHaveBeenCalledTimes(1);
    await call({ preflight: true });
    expect(part.build).toHaveBeenCalledTimes(2);
    await call({});
    expect(part.build).toHaveBeenCalledTimes(2);
  });
});
