import { dumpOf } from './search.ts';

/** Stacks cost a millisecond each to write out; the same error again tells nothing new in them. */
const dumpsPerProcess = 300;

/** Enough for any chain of causes that means something. */
const maxDepth = 8;

/**
 * Lets a search see every error that is made of a class, thrown or not: at once its message and
 * whatever its causes hold, and of the first one of each kind what `console.error` would print.
 * @param later - runs a task once errors are whole: whoever reads a stack sooner changes it
 */
export function watchErrors(
  errorClass: abstract new (...given: never[]) => Error,
  search: (text: string) => void,
  later: (task: () => void) => void,
): void {
  const dumped = new Set<string>();
  const look = (error: Error) => {
    search(tellingsOf(error, maxDepth));
    const kind = error.message.replace(/\d+/g, '#').slice(0, 200);
    if (dumped.size >= dumpsPerProcess || dumped.has(kind)) return;
    dumped.add(kind);
    later(() => search(dumpOf(error)));
  };
  // `super(…)` calls whatever the class extends at that time.
  Object.setPrototypeOf(errorClass, watchedError(look));
}

function watchedError(look: (error: Error) => void): ErrorConstructor {
  return new Proxy(Error, {
    construct(target, given, newTarget) {
      const error = Reflect.construct(target, given, newTarget) as Error;
      look(error);
      return error;
    },
  });
}

/** Of a buffer that an error holds. */
const maxBytes = 64 * 1024;

/** What an error says without its stack, which repeats the message between names of functions. */
function tellingsOf(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null || depth === 0) return String(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer).subarray(0, maxBytes).toString();
  const told = new Set(['message', 'cause', 'errors', ...Object.keys(value)]);
  told.delete('stack');
  return [...told]
    .map((name) => `${name}: ${tellingsOf(Reflect.get(value, name), depth - 1)}`)
    .join('\n');
}
