import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createContainer } from '#functions/runtime/container.ts';
import { createTracer } from '#functions/runtime/tracer.ts';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import { ManualClock } from '../harness/clock.ts';

const keys = { step: 'SendChunks', transferId: 'transfer-1' };
const traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8';

let daemon: Socket;
let received: string[];
const clock = new ManualClock();
const trace = createTracer(createContainer(process.env, { clock }));

beforeEach(async () => {
  received = [];
  daemon = createSocket('udp4').on('message', (message) => received.push(String(message)));
  await once(daemon.bind(0, '127.0.0.1'), 'listening');
  vi.stubEnv('AWS_XRAY_DAEMON_ADDRESS', `127.0.0.1:${daemon.address().port}`);
  vi.stubEnv('_X_AMZN_TRACE_ID', `${traceHeader};Sampled=1`);
});

afterEach(() => {
  daemon.close();
  vi.unstubAllEnvs();
});

/** Returns the received documents. A datagram on loopback arrives within a few event loop turns. */
async function documents(): Promise<unknown[]> {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
  return received.map((text) => {
    const [header, document = ''] = text.split('\n');
    expect(JSON.parse(header ?? '')).toEqual({ format: 'json', version: 1 });
    return JSON.parse(document);
  });
}

describe('a sampled call', () => {
  it('is a subsegment with step and transfer as annotations', async () => {
    const startedAt = clock.now();
    const answer = await trace(keys, async () => {
      clock.advance(1_500);
      return 'answer';
    });
    expect(answer).toBe('answer');
    expect(await documents()).toEqual([
      {
        type: 'subsegment',
        name: 'SendChunks',
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        trace_id: '1-5759e988-bd862e3fe1be46a994272793',
        parent_id: '53995c3f42cd8ad8',
        start_time: startedAt / 1000,
        end_time: startedAt / 1000 + 1.5,
        annotations: { ...keys, Service: 'chunkferry', ColdStart: false },
      },
    ]);
  });

  it('that fails has the name of its error as an annotation, and throws the error', async () => {
    const error = new TransferError('ThrottledError', '429');
    await expect(trace(keys, () => Promise.reject(error))).rejects.toBe(error);
    expect(await documents()).toMatchObject([
      { fault: true, annotations: { ...keys, error: 'ThrottledError' } },
    ]);
  });

  it('continues without a daemon', async () => {
    vi.stubEnv('AWS_XRAY_DAEMON_ADDRESS', '127.0.0.1:1');
    expect(await trace(keys, async () => 'answer')).toBe('answer');
  });

  it.each(['', 'nowhere', 'host:', ':2000', '127.0.0.1:99999'])(
    'continues with the daemon address %j',
    async (address) => {
      vi.stubEnv('AWS_XRAY_DAEMON_ADDRESS', address);
      expect(await trace(keys, async () => 'answer')).toBe('answer');
      expect(await documents()).toEqual([]);
    },
  );
});

describe('a call', () => {
  it.each(['', `${traceHeader};Sampled=0`, 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1'])(
    'with the trace header %j sends nothing',
    async (header) => {
      vi.stubEnv('_X_AMZN_TRACE_ID', header);
      expect(await trace(keys, async () => 'answer')).toBe('answer');
      expect(await documents()).toEqual([]);
    },
  );
});
