import { inspect } from 'node:util';
import { canariesIn, contextOf } from './canaries.ts';

/** The kinds of searched output, as the summary names them. */
export type OutputKind =
  | 'printed'
  | 'log lines'
  | 'rows'
  | 'events'
  | 'history'
  | 'outcomes'
  | 'errors'
  | 'metrics'
  | 'traces'
  | 'commands'
  | 'templates';

export interface Count {
  readonly items: number;
  readonly characters: number;
}

export type Counts = { [kind in OutputKind]?: Count };

/** A shown secret: kind of output, canaries and context. */
export interface Finding {
  readonly kind: OutputKind;
  readonly canaries: readonly string[];
  readonly context: string;
}

/** Searches output for canaries and counts it. */
export class CanarySearch {
  counts: Counts = {};
  #findings: Finding[] = [];
  readonly #seen = new WeakSet<object>();
  #pending: (() => void)[] = [];

  /** Searches one item. An object is searched once. */
  search(kind: OutputKind, item: unknown): void {
    if (typeof item === 'object' && item !== null) {
      if (this.#seen.has(item)) return;
      this.#seen.add(item);
    }
    this.searchText(kind, typeof item === 'string' ? item : textOf(item));
  }

  /** Searches a text of one or several items. */
  searchText(kind: OutputKind, text: string, items = 1): void {
    addCounts(this.counts, { [kind]: { items, characters: text.length } });
    const canaries = canariesIn(text);
    if (canaries.length > 0) this.#findings.push({ kind, canaries, context: contextOf(text) });
  }

  /** Returns the counts since the last call, and starts new ones. */
  takeCounts(): Counts {
    const { counts } = this;
    this.counts = {};
    return counts;
  }

  /** Registers a search for the end of the test. */
  atEnd(search: () => void): void {
    this.#pending.push(search);
  }

  /** Runs the registered searches and returns the findings since the last call. */
  takeFindings(): Finding[] {
    for (const search of this.#pending.splice(0)) search();
    return this.#findings.splice(0);
  }
}

/** The search of this process: its harnesses, streams and errors. */
export const canarySearch = new CanarySearch();

const maxFindingsDescribed = 5;

/** Describes the first findings for an error message. */
export function describeFindings(findings: readonly Finding[]): string {
  const remaining = findings.length - maxFindingsDescribed;
  const lines = findings.slice(0, maxFindingsDescribed).map(describeFinding);
  return [...lines, ...(remaining > 0 ? [`and ${remaining} more`] : [])].join('\n');
}

/** Describes one finding for an error message. */
export function describeFinding({ kind, canaries, context: text }: Finding): string {
  return `${kind} show ${canaries.join(' and ')}: …${text}…`;
}

/** Returns the text of a value, including all details of errors. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, withErrors) ?? '';
}

function withErrors(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return dumpOf(value);
  if (value instanceof Map || value instanceof Set) return [...value];
  return value;
}

/** Returns the output of `console.error` for an error, with all causes. */
export function dumpOf(error: unknown): string {
  return inspect(error, { depth: null, maxArrayLength: null, maxStringLength: null });
}

export function addCounts(sums: Counts, counts: Counts): void {
  for (const [kind, { items, characters }] of Object.entries(counts) as [OutputKind, Count][]) {
    const sum = sums[kind] ?? { items: 0, characters: 0 };
    sums[kind] = { items: sum.items + items, characters: sum.characters + characters };
  }
}

/** Formats counts as `12 rows (3 KB), …`. */
export function describeCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([kind, { items, characters }]) => `${items} ${kind} (${Math.ceil(characters / 1000)} KB)`)
    .join(', ');
}
