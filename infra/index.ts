/** What a stack of your own imports. */
export { Chunkferry } from './stacks/chunkferry.ts';
export type { ChunkferryProps, DestinationProps, SourceProps } from './stacks/documented-props.ts';
export { SourceAccountStack } from './stacks/source-account-stack.ts';
export { TransferStack } from './stacks/transfer-stack.ts';
