import fc from 'fast-check';

/** Returns deeply nested JSON. A failed test shows its depth. */
export function nested(depth: number, isArray = true): object {
  const [open, close] = isArray ? ['[', ']'] : ['{"a":', '}'];
  const value = JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`) as object;
  return Object.defineProperty(value, fc.toStringMethod, { value: () => `nested(${depth})` });
}

/** Text with lone surrogates, control characters, escapes, separators, HTML and paths. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    'a\udfffb',
    '\u2028\u2029',
    '\u202egnp.mp4',
    '\u001b[2J\u001b]0;x\u0007',
    'line\r\nbreak',
    '__proto__',
    'constructor',
    'toString',
    '%',
    '%zz',
    '%2e%2e%2f',
    '%C0%80',
    '../../etc/passwd',
    '$(rm -rf /)',
    "'; DROP TABLE x; --",
    '{{7*7}}',
    '<script>alert(1)</script>',
    'NaN',
    'Infinity',
    '-1',
    '1e999',
    'null',
    'true',
    '🎬'.repeat(300),
    '\u0301'.repeat(500),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);

/** Text too long for a message, a row or an event, but short enough for an execution's input. */
export const hugeText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', 'é', '🎬', '\u0000', '"', '\\', '<', '['),
        fc.integer({ min: 1_025, max: 20_000 }),
      )
      .map(([unit, length]) => unit.repeat(length)),
  },
  { weight: 1, arbitrary: fc.constantFrom(110_000, 220_000).map((length) => 'a'.repeat(length)) },
);

export const oddNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(-1, -0, 0.5, 1e21, 1e308, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 31, 3_000_000),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);

/** Any JSON, including keys that pollute a prototype in a careless merge. */
export const oddJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddText },
  { weight: 3, arbitrary: oddNumber },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null]) },
  { weight: 1, arbitrary: hugeText },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(40, 2_000, 40_000).map((depth) => nested(depth)) },
  { weight: 1, arbitrary: fc.constantFrom(40, 20_000).map((depth) => nested(depth, false)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_000 }).map((n) => Array(n).fill(0)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5_000 }).map(manyKeys) },
  { weight: 2, arbitrary: fc.constantFrom(...pollutions()) },
);

function manyKeys(count: number): unknown {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key ${i}`, i]));
}

function pollutions(): unknown[] {
  return ['{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'].map(
    (text) => JSON.parse(text),
  );
}

/** Field names, including names with a meaning in JavaScript. */
export const oddName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toJSON', 'then', ''),
  oddText,
);
