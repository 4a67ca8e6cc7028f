/** `chunkferry/events`: the input of an execution, its output, and the events on the bus. */
export {
  eventSource,
  type TransferEvent,
  type TransferEventType,
  transferEventSchema,
} from './events.ts';
export { type TransferInput, transferInputSchema } from './input.ts';
export { type TransferOutput, type TransferStatus, transferOutputSchema } from './output.ts';
