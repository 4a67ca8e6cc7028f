import type { z } from 'zod';
import { quoted, throwConfigurationError } from './invalid.ts';

type Issue = z.core.$ZodIssue;

/**
 * Returns the value as the schema reads it.
 * @param of - what the value belongs to, such as `sources[1]`; the construct's props by default
 * @throws ConfigurationError - one line about the first issue, an unknown key before all others
 */
export function check<S extends z.ZodType>(schema: S, value: unknown, of = ''): z.output<S> {
  const { data, error } = schema.safeParse(value, { reportInput: true });
  if (error === undefined) return data as z.output<S>;
  const [first] = error.issues;
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? first;
  return throwConfigurationError(issue ? lineOf(issue, of) : error.message);
}

/** Formats an issue as `Invalid <path> <value>: <must>`, the form of every message of a synthesis. */
function lineOf(issue: Issue, of: string): string {
  const path = pathOf(of, issue.path);
  const key = keyOf(issue);
  if (key !== undefined) return `Invalid ${path || 'context'} key ${quoted(key)}: ${issue.message}`;
  if (issue.input === undefined) return `Missing ${path}: ${issue.message}`;
  return `Invalid ${path} ${shownValue(issue) ?? quoted(issue.input)}: ${issue.message}`;
}

/** Returns the key that is invalid by itself, independent of its value. */
function keyOf(issue: Issue): string | undefined {
  if (issue.code === 'unrecognized_keys') return issue.keys[0];
  return issue.code === 'custom' ? issue.params?.invalidKey : undefined;
}

/** Returns the text that a rule shows in place of the value, which may hold a password. */
function shownValue(issue: Issue): string | undefined {
  return issue.code === 'custom' ? issue.params?.shown : undefined;
}

/** Joins a path as JavaScript writes it: `sources[1].mediaTypes[".r3d"]`. */
function pathOf(of: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((joined, part) => {
    if (typeof part === 'number') return `${joined}[${part}]`;
    if (!/^\w+$/.test(String(part))) return `${joined}[${quoted(part)}]`;
    return joined ? `${joined}.${String(part)}` : String(part);
  }, of);
}
