import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import type { Log } from '#src/core/ports/log.ts';
import {
  expectReady,
  type Film,
  openWireHarness,
  type WireHarness,
} from '../../harness/wire-harness.ts';

/** C0 controls, which JSON escapes. */
const control = /(?=\p{ASCII})(?!\u007f)\p{Cc}/u;

type Line = Readonly<Record<string, unknown>>;

/** Runs of films with odd keys, whose log lines are read as an operator's tools read them. */
export interface KeyRuns {
  readonly harness: WireHarness;
  /** Runs an input and expects that the film arrives and that all reports name its key. */
  expectArrived(film: Film, input: unknown): Promise<void>;
  /** Runs an input. Returns its result and the logged lines. */
  runLogged(
    input: unknown,
  ): Promise<{ result: Awaited<ReturnType<WireHarness['run']>>; lines: Line[] }>;
}

/** Opens a harness with this table for the tests of a file. */
export function useKeyRuns(table: 'dynamodb' | 'memory'): KeyRuns {
  let harness: WireHarness;
  beforeAll(async () => {
    // Without an override, the functions log with Powertools, as in Lambda.
    harness = await openWireHarness({ table });
    harness.override({ log: undefined as unknown as Log });
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => harness.close());
  const runLogged: KeyRuns['runLogged'] = async (input) => {
    const out = catchOutput();
    const result = await harness.run(input);
    const lines = loggedLines(out);
    vi.restoreAllMocks();
    return { result, lines };
  };
  return {
    get harness() {
      return harness;
    },
    runLogged,
    async expectArrived(film, input) {
      const { result, lines } = await runLogged(input);
      await expectReported(harness, film, result);
      expectLines(film, lines);
    },
  };
}

function catchOutput() {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation(process.stdout.write);
  return out;
}

/** Returns the logged lines; expects each write to be one line with one JSON object. */
function loggedLines(out: ReturnType<typeof catchOutput>): Line[] {
  return out.mock.calls.map(([written]) => {
    const text = String(written);
    expect(text.slice(0, -1)).not.toMatch(control);
    expect(text.at(-1)).toBe('\n');
    return JSON.parse(text) as Line;
  });
}

async function expectReported(
  harness: WireHarness,
  film: Film,
  result: Awaited<ReturnType<WireHarness['run']>>,
): Promise<void> {
  const output = await expectReady(harness, film, result);
  expect(output).toMatchObject({ bucket: film.bucket, key: film.key });
  expect(result.executionArn.split(':').at(-1)).toMatch(/^[\w-]{1,80}$/);
  const row = await harness.transferOf(film);
  expect(row).toMatchObject({ state: 'ready', source: { key: film.key }, outcomePublished: true });
  const outcomes = harness.events(film.key).filter(({ detail }) => detail.bucket === film.bucket);
  expect(outcomes.map(({ type }) => type)).toEqual(['Transfer Ready']);
}

function expectLines(film: Film, lines: readonly Line[]): void {
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatchObject({ level: expect.any(String) });
  for (const { key } of lines.filter((line) => 'key' in line)) expect(key).toBe(film.key);
  const ofSteps = lines.filter((line) => 'step' in line);
  expect(ofSteps.length).toBeGreaterThan(0);
  expect(ofSteps.filter((line) => !('key' in line))).toEqual([]);
}
