/** Makes a call, and may do more before and after it. `name` is the method, `args` its arguments. */
export type Around = (name: string, call: () => unknown, args: readonly unknown[]) => unknown;

/**
 * Returns a port each of whose methods runs inside `around`: the one way to make a port slow, faulty,
 * counted or deadly. Lists stay as they are, because they return no promise.
 */
export function wrapPort<T extends object>(port: T, around: Around): T {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || String(name).startsWith('list')) return member;
      return (...args: unknown[]) => around(String(name), () => member.apply(target, args), args);
    },
  });
}
