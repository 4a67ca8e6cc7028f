import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, expect, it } from 'vitest';
import { createEventBridgePublisher } from '#src/aws/event-bridge-publisher.ts';
import type { TransferEvent } from '#src/core/ports/events.ts';
import { mockedClient } from './mocked-client.ts';

const bus = mockedClient(EventBridgeClient);
afterEach(() => {
  bus.reset();
});

const event: TransferEvent = {
  type: 'Transfer Ready',
  detail: { assetId: 'asset-1', bytes: 12 },
  at: Date.UTC(2026, 10, 21),
};
const publisher = () =>
  createEventBridgePublisher({
    client: new EventBridgeClient({ region: 'us-east-1' }),
    busName: 'transfers',
  });

it('puts one entry on the bus by name', async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });
  await publisher().publish(event);
  expect(bus.commandCalls(PutEventsCommand).map((call) => call.args[0].input)).toEqual([
    {
      Entries: [
        {
          EventBusName: 'transfers',
          Source: 'chunkferry',
          DetailType: 'Transfer Ready',
          Detail: '{"assetId":"asset-1","bytes":12}',
          Time: new Date(event.at),
        },
      ],
    },
  ]);
});

it('throws EventNotPublishedError for a failed entry, even if the call succeeds', async () => {
  const Entries = [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' }];
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries });
  await expect(publisher().publish(event)).rejects.toMatchObject({
    name: 'EventNotPublishedError',
    message:
      'Publishing "Transfer Ready" to the event bus "transfers" failed: ThrottlingException: slow down',
  });
});

it('throws EventNotPublishedError for a reply without an entry', async () => {
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [] });
  await expect(publisher().publish(event)).rejects.toMatchObject({
    name: 'EventNotPublishedError',
  });
});

it('throws EventNotPublishedError for a failed call', async () => {
  bus.on(PutEventsCommand).rejects(Object.assign(new Error('no'), { name: 'AccessDenied' }));
  await expect(publisher().publish(event)).rejects.toMatchObject({
    name: 'EventNotPublishedError',
    message: expect.stringContaining('AccessDenied: no'),
  });
});

it('makes no call if the detail is too large', async () => {
  const detail = { text: 'ä'.repeat(140_000) };
  await expect(publisher().publish({ ...event, detail })).rejects.toMatchObject({
    name: 'EventNotPublishedError',
    message: expect.stringContaining('280011 bytes'),
  });
  expect(bus.calls()).toHaveLength(0);
});
