import { isFields } from '#local/state-machine/definition/states.ts';

/** What a path of a state reads: the state's input (`$`) and the context object (`$$`). */
export interface Scope {
  readonly input: unknown;
  readonly context: unknown;
}

export type Read = (scope: Scope) => unknown;

/** The paths of the definition: names separated by dots. */
const plainPath = /^\$\$?(?:\.\w+)*$/;

/**
 * Compiles a path such as `$.a.b` or `$$.Execution.Id`.
 * @throws Error - the path has other parts than names
 */
export function compilePath(path: string): Read {
  if (!plainPath.test(path)) throw new Error(`the path ${JSON.stringify(path)} is not supported`);
  const [root, ...names] = path.split('.');
  const isContext = root === '$$';
  return (scope) => {
    let value = isContext ? scope.context : scope.input;
    for (const name of names) value = (value as Record<string, unknown> | undefined)?.[name];
    return value;
  };
}

/** Compiles a path that must lead to a value, as everywhere but in a Choice. */
export function compileRequired(path: string): Read {
  const read = compilePath(path);
  return (scope) => {
    const value = read(scope);
    if (value !== undefined) return value;
    throw new Error(`the path ${path} leads to nothing in ${JSON.stringify(scope.input)}`);
  };
}

/** Compiles a payload template: a field whose name ends with `.$` holds a path. */
export function compileTemplate(template: unknown): Read {
  if (!isFields(template)) return () => template;
  const fields = Object.entries(template).map(([name, value]): [string, Read] =>
    name.endsWith('.$')
      ? [name.slice(0, -2), compileRequired(String(value))]
      : [name, compileTemplate(value)],
  );
  return (scope) => {
    const made: Record<string, unknown> = {};
    for (const [name, read] of fields) made[name] = read(scope);
    return made;
  };
}

/** Puts a state's result into its input, as its `ResultPath` says. */
export type Merge = (input: unknown, result: unknown) => unknown;

/** @throws Error - the path has more than names */
export function compileResultPath(path: unknown): Merge {
  if (path === undefined || path === '$') return (_, result) => result;
  if (path === null) return (input) => input;
  if (!/^\$(\.\w+)+$/.test(String(path)))
    throw new Error(`the ResultPath ${JSON.stringify(path)} is not supported`);
  const names = String(path).split('.').slice(1);
  return (input, result) => withField(input, names, result);
}

/** Sets a field. Missing objects on the way to it are made, as Step Functions does. */
function withField(input: unknown, [name = '', ...deeper]: string[], result: unknown): object {
  const fields = isFields(input) ? input : {};
  const value = deeper.length === 0 ? result : withField(fields[name], deeper, result);
  return { ...fields, [name]: value };
}
