import fc from 'fast-check';
import type { RawReply } from '../support/raw-server.ts';
import { oddText } from './odd-values.ts';

const statusLines = fc.constantFrom(
  'HTTP/1.1 200 OK',
  'HTTP/1.1 200 OK',
  'HTTP/1.1 206 Partial Content',
  'HTTP/1.1 204 No Content',
  'HTTP/1.1 302 Found',
  'HTTP/1.1 429 Too Many Requests',
  'HTTP/1.1 500 Internal Server Error',
  'HTTP/1.0 200 OK',
  'HTTP/9.9 200 OK',
  'HTTP/1.1 0 Zero',
  'HTTP/1.1 99999 Many',
  'HTTP/1.1 -1 Less',
  'HTTP/1.1 2OO OK',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK',
  'HTTP/1.1 101 Switching Protocols',
  'ICY 200 OK',
  '',
  '\u0000\u0001\u0002',
);

const lengths = fc.constantFrom(
  '0',
  '5',
  '6',
  '-1',
  '+5',
  '5, 6',
  '5e0',
  '99999999999999999999',
  '9007199254740993',
  'NaN',
  '',
);

const ranges = fc.constantFrom(
  'bytes 0-4/5',
  'bytes 0-4/*',
  'bytes 1-5/6',
  'bytes 4-0/5',
  'bytes -1-4/5',
  'bytes 0-99999999999999999999/5',
  'items 0-4/5',
  'bytes 0-4/5, bytes 0-4/5',
  '',
);

const etags = fc.constantFrom(
  '"e"',
  'W/"e"',
  'e',
  '""',
  '"',
  '"a"b"',
  '"e", "f"',
  '\u00ff\u00fe',
  `"${'e'.repeat(5_000)}"`,
);

const headerLines = fc.oneof(
  { weight: 3, arbitrary: lengths.map((value) => `Content-Length: ${value}`) },
  { weight: 3, arbitrary: ranges.map((value) => `Content-Range: ${value}`) },
  { weight: 3, arbitrary: etags.map((value) => `ETag: ${value}`) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: gzip, chunked',
      'Content-Encoding: gzip',
      'Location: http://169.254.169.254/latest/meta-data/',
      'Location: file:///etc/passwd',
      'Retry-After: 99999999999999999999',
      'Retry-After: -1',
      'Retry-After: 5\r\nRetry-After: 6',
      'Connection: close',
      'Connection: upgrade\r\nUpgrade: h2c',
      'Set-Cookie: a=b',
      '__proto__: x',
      'constructor: x',
      ': no name',
      'no colon',
      'Bad Name: x',
      'X-Bare: a\nX-Line: b',
      ' folded',
      'x-amz-version-id: other',
      'x-amz-storage-class: GLACIER',
      'x-amz-checksum-crc32: !!!',
      'Content-Type: text/html',
      `X-Huge: ${'h'.repeat(20_000)}`,
      Array.from({ length: 3_000 }, (_, i) => `X-${i}: ${i}`).join('\r\n'),
    ),
  },
  { weight: 1, arbitrary: oddText.map((text) => `X-Odd: ${text.replace(/[\r\n]/g, '')}`) },
);

const bodies = fc.oneof(
  fc.constantFrom(
    '',
    'hello',
    'hello!',
    'hell',
    '{}',
    '5\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffff\r\nx',
  ),
  fc.constantFrom('-5\r\nhello\r\n', 'zz\r\n', '<html></html>', 'x'.repeat(70_000)),
  oddText,
);

/** Raw replies with wrong heads and mismatched bodies. Few of them make a client wait. */
export const rawReplies: fc.Arbitrary<RawReply> = fc
  .record({
    statusLine: statusLines,
    lines: fc.array(headerLines, { maxLength: 5 }),
    body: bodies,
    after: fc.oneof(
      { weight: 40, arbitrary: fc.constant('end' as const) },
      { weight: 6, arbitrary: fc.constant('reset' as const) },
      { weight: 1, arbitrary: fc.constant('stay' as const) },
    ),
  })
  .map(({ statusLine, lines, body, after }) => ({
    pieces: [[statusLine, ...lines, '', body].join('\r\n')],
    after,
  }));

/** Replies of S3 for the bytes `hello` with one wrong line or body. */
export const nearlyValidReplies: fc.Arbitrary<RawReply> = fc
  .record({
    status: fc.constantFrom('206 Partial Content', '200 OK'),
    line: headerLines,
    replaces: fc.constantFrom('Content-Length', 'Content-Range', 'ETag', 'nothing'),
    body: bodies,
    isBodyValid: fc.boolean(),
  })
  .map(({ status, line, replaces, body, isBodyValid }) => {
    const lines = ['Content-Length: 5', 'Content-Range: bytes 0-4/5', 'ETag: "e"'];
    const remaining = lines.filter((one) => !one.startsWith(replaces));
    const text = [`HTTP/1.1 ${status}`, ...remaining, line, '', isBodyValid ? 'hello' : body].join(
      '\r\n',
    );
    return { pieces: [text], after: 'end' as const };
  });
