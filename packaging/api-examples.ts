/** What most users write first, by entry point. */
export const apiExamples: Readonly<Record<string, string>> = {
  chunkferry: `import { Chunkferry } from 'chunkferry';

new Chunkferry(this, 'Chunkferry', { sources: [{ bucket: 'my-videos', suffixes: ['.mp4'] }] });`,
  'chunkferry/events': `import { transferEventSchema } from 'chunkferry/events';

export async function handler(delivered: unknown) {
  const event = transferEventSchema.parse(delivered);
  if (event['detail-type'] === 'Transfer Ready') console.log(event.detail.assetId);
}`,
};
