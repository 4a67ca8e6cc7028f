import { inspect } from 'node:util';
import { around, canariesIn } from './canaries.ts';

/** What is searched, as the run's last lines name it. */
export type Told =
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

export type Counts = { [kind in Told]?: Count };

/** A secret that was shown: where, which, and what stands around it. */
export interface Finding {
  readonly kind: Told;
  readonly canaries: readonly string[];
  readonly around: string;
}

/** Searches whatever is told for canaries, and counts what it has searched. */
export class CanarySearch {
  readonly counts: Counts = {};
  #findings: Finding[] = [];
  readonly #seen = new WeakSet<object>();
  #pending: (() => void)[] = [];

  /** Searches one item; an object that was searched before counts once. */
  search(kind: Told, item: unknown): void {
    if (typeof item === 'object' && item !== null) {
      if (this.#seen.has(item)) return;
      this.#seen.add(item);
    }
    this.searchText(kind, typeof item === 'string' ? item : textOf(item));
  }

  /** Searches a text of several items at once. */
  searchText(kind: Told, text: string, items = 1): void {
    addCounts(this.counts, { [kind]: { items, characters: text.length } });
    const canaries = canariesIn(text);
    if (canaries.length > 0) this.#findings.push({ kind, canaries, around: around(text) });
  }

  /** Searches at the end of the test what is not told before. */
  atEnd(search: () => void): void {
    this.#pending.push(search);
  }

  /** What was found since the last time. */
  takeFindings(): Finding[] {
    for (const search of this.#pending.splice(0)) search();
    return this.#findings.splice(0);
  }
}

/** The search of this process: what its worlds, its streams and its errors tell. */
export const canarySearch = new CanarySearch();

const findingsTold = 5;

/** The first findings, as an error's message says them. */
export function describeFindings(findings: readonly Finding[]): string {
  const more = findings.length - findingsTold;
  const lines = findings.slice(0, findingsTold).map(describeFinding);
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

/** As an error message of its own would say it. */
export function describeFinding({ kind, canaries, around: text }: Finding): string {
  return `${kind} show ${canaries.join(' and ')}: …${text}…`;
}

/** All that a value tells, errors with everything that they hold. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, withErrors) ?? '';
}

function withErrors(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return dumpOf(value);
  if (value instanceof Map || value instanceof Set) return [...value];
  return value;
}

/** What `console.error` would print of an error, however deep its causes are. */
export function dumpOf(error: unknown): string {
  return inspect(error, { depth: null, maxArrayLength: null, maxStringLength: null });
}

export function addCounts(sums: Counts, counts: Counts): void {
  for (const [kind, { items, characters }] of Object.entries(counts) as [Told, Count][]) {
    const sum = sums[kind] ?? { items: 0, characters: 0 };
    sums[kind] = { items: sum.items + items, characters: sum.characters + characters };
  }
}

/** `12 rows (3 KB), …` */
export function describeCounts(counts: Counts): string {
  return Object.entries(counts)
    .map(([kind, { items, characters }]) => `${items} ${kind} (${Math.ceil(characters / 1000)} KB)`)
    .join(', ');
}
