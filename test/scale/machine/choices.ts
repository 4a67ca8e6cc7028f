import type { StateFields } from '#local/state-machine/definition/states.ts';
import { compilePath, type Scope } from './paths.ts';

type Test = (scope: Scope) => boolean;

/** The operators that the definition may use on its main path. */
const operators: Readonly<Record<string, (value: unknown, operand: unknown) => boolean>> = {
  IsPresent: (value, operand) => (value !== undefined) === operand,
  IsNull: (value, operand) => (value === null) === operand,
  IsString: (value, operand) => (typeof value === 'string') === operand,
  IsNumeric: (value, operand) => (typeof value === 'number') === operand,
  IsBoolean: (value, operand) => (typeof value === 'boolean') === operand,
  StringEquals: (value, operand) => value === operand,
  NumericEquals: (value, operand) => value === operand,
  BooleanEquals: (value, operand) => value === operand,
};

/** Returns the name of the next state. */
export type Choose = (scope: Scope) => string | undefined;

/** Compiles a Choice state. */
export function compileChoice({ Choices, Default }: StateFields): Choose {
  const rules = (Choices as readonly StateFields[]).map((rule) => ({
    test: compileRule(rule),
    next: String(rule.Next),
  }));
  const otherwise = Default === undefined ? undefined : String(Default);
  return (scope) => rules.find(({ test }) => test(scope))?.next ?? otherwise;
}

function compileRule({ And, Or, Not, Variable, ...others }: StateFields): Test {
  if (And) {
    const all = (And as readonly StateFields[]).map(compileRule);
    return (scope) => all.every((test) => test(scope));
  }
  if (Or) {
    const any = (Or as readonly StateFields[]).map(compileRule);
    return (scope) => any.some((test) => test(scope));
  }
  if (Not) {
    const negated = compileRule(Not as StateFields);
    return (scope) => !negated(scope);
  }
  return compileComparison(String(Variable), others);
}

function compileComparison(variable: string, fields: StateFields): Test {
  const found = Object.entries(fields).find(([name]) => Object.hasOwn(operators, name));
  const compare = found && operators[found[0]];
  if (!found || !compare) throw new Error(`the rule ${JSON.stringify(fields)} is not supported`);
  const [read, operand] = [compilePath(variable), found[1]];
  return (scope) => compare(read(scope), operand);
}
