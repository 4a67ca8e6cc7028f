/** Longer than any form of a canary: two writes may split a canary. */
const overlapCharacters = 200;

/**
 * Searches everything written to a stream, together with the end of the previous write.
 * @returns a function that restores the stream's `write`
 */
export function watchStream(stream: NodeJS.WriteStream, search: (text: string) => void) {
  const write = stream.write;
  let rest = '';
  stream.write = ((chunk: string | Uint8Array, ...args: never[]) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
    search(rest + text);
    rest = (rest + text).slice(-overlapCharacters);
    return Reflect.apply(write, stream, [chunk, ...args]);
  }) as typeof stream.write;
  return () => {
    stream.write = write;
  };
}
