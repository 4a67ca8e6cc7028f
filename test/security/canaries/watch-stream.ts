/** Longer than any form of the mark with its tag: a canary may be cut by two writes. */
const overlapCharacters = 200;

/**
 * Lets a search see all that is written to a stream, with the end of what came before.
 * @returns puts the stream's own `write` back
 */
export function watchStream(stream: NodeJS.WriteStream, search: (text: string) => void) {
  const write = stream.write;
  let rest = '';
  stream.write = ((chunk: string | Uint8Array, ...more: never[]) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
    search(rest + text);
    rest = (rest + text).slice(-overlapCharacters);
    return Reflect.apply(write, stream, [chunk, ...more]);
  }) as typeof stream.write;
  return () => {
    stream.write = write;
  };
}
