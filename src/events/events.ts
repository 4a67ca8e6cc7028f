import * as z from 'zod/mini';
import type { TransferEvent as PublishedEvent } from '#src/core/ports/events.ts';
import {
  cancelledSchema,
  failedSchema,
  preflightSchema,
  readySchema,
  supersededSchema,
} from './output.ts';

/** The transfer has its slot. */
const startedSchema = z.looseObject({
  status: z.literal('started'),
  transferId: z.string(),
  execution: z.string(),
  bucket: z.string(),
  key: z.string(),
  versionId: z.optional(z.string()),
  etag: z.string(),
  ingestNumber: z.number(),
  bytes: z.number(),
});

/** The `source` of every event, for the pattern of a rule. */
export const eventSource = 'chunkferry';

function eventOf<T extends PublishedEvent['type'], D extends z.ZodMiniType>(type: T, detail: D) {
  return z.looseObject({
    source: z.literal(eventSource),
    'detail-type': z.literal(type),
    detail,
    id: z.string(),
    time: z.string(),
    account: z.string(),
    region: z.string(),
  });
}

/** The Zod schema of an event as EventBridge delivers it, by its `detail-type`. */
export const transferEventSchema = z.discriminatedUnion('detail-type', [
  eventOf('Transfer Started', startedSchema),
  eventOf('Transfer Ready', readySchema),
  eventOf('Transfer Failed', failedSchema),
  eventOf('Transfer Superseded', supersededSchema),
  eventOf('Transfer Cancelled', cancelledSchema),
  eventOf('Preflight Checked', preflightSchema),
]);

/** An event as EventBridge delivers it, by its `detail-type`. */
export type TransferEvent = z.infer<typeof transferEventSchema>;

/** The `detail-type` of an event. */
export type TransferEventType = TransferEvent['detail-type'];
