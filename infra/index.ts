/** What a stack of your own imports. */
export type { SourceAccountProps as SourceAccountFields } from './source-account/source-account-props.ts';
export { Chunkferry } from './stacks/chunkferry.ts';
export type {
  AlarmThresholdProps,
  ChunkferryProps,
  DestinationProps,
  SourceAccountProps,
  SourceProps,
  TransferWindowProps,
} from './stacks/documented-props.ts';
export type { TransferStackProps } from './stacks/named-resource-props.ts';
export { SourceAccountStack, type SourceAccountStackProps } from './stacks/source-account-stack.ts';
export { TransferStack } from './stacks/transfer-stack.ts';
