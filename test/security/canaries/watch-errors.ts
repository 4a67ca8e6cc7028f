import { dumpOf } from './search.ts';

/** Maximum formatted errors of a test file: formatting a stack takes a millisecond. */
const dumpsPerFile = 300;

/** Maximum depth of a chain of causes. */
const maxDepth = 8;

/** A watch on the errors of a class. */
export interface ErrorWatch {
  /** Formats the first error of each kind again, as at the start of a test file. */
  restart(): void;
}

/**
 * Searches every created error of a class, thrown or not: immediately its message and causes, and for
 * the first error of each kind also the output of `console.error`.
 * @param later - runs a task once errors are complete: reading a stack earlier would change it
 */
export function watchErrors(
  errorClass: abstract new (...given: never[]) => Error,
  search: (text: string) => void,
  later: (task: () => void) => void,
): ErrorWatch {
  const dumped = new Set<string>();
  const inspect = (error: Error) => {
    search(textOfError(error, maxDepth));
    const kind = error.message.replace(/\d+/g, '#').slice(0, 200);
    if (dumped.size >= dumpsPerFile || dumped.has(kind)) return;
    dumped.add(kind);
    later(() => search(dumpOf(error)));
  };
  // `super(…)` calls the current prototype of the class.
  Object.setPrototypeOf(errorClass, watchedError(inspect));
  return { restart: () => dumped.clear() };
}

function watchedError(inspect: (error: Error) => void): ErrorConstructor {
  return new Proxy(Error, {
    construct(target, args, newTarget) {
      const error = Reflect.construct(target, args, newTarget) as Error;
      inspect(error);
      return error;
    },
  });
}

/** Maximum searched bytes of a buffer in an error. */
const maxBytes = 64 * 1024;

/** Returns the text of an error without its stack, which repeats the message. */
function textOfError(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null || depth === 0) return String(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer).subarray(0, maxBytes).toString();
  const names = new Set(['message', 'cause', 'errors', ...Object.keys(value)]);
  names.delete('stack');
  return [...names]
    .map((name) => `${name}: ${textOfError(Reflect.get(value, name), depth - 1)}`)
    .join('\n');
}
